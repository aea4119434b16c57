"""Things that can be counted, one file each; every `add_*` paints one that stands on the ground at (x, y)."""
