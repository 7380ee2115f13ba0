"""How fast it is, measured beside a peer or a limit in the same run: `python -m bench --help`."""
