"""The xAPI resources over HTTP: the only part of this stage that knows Flask."""
