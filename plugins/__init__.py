"""The built-in metrics, interpreters and role resolver; they enter as any plugin does."""
