"""`python -m lrs_stats` is the command `lrs-stats`."""

from lrs_stats.cli import main

if __name__ == "__main__":
    main()
