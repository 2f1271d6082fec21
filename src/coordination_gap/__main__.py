"""``python -m coordination_gap`` is ``gapbook``."""

from coordination_gap.cli import main

if __name__ == "__main__":
    main()
