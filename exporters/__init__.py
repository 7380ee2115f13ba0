"""The built-in exporters; they enter as any plugin does."""
