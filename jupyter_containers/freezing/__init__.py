"""Freezing: what a session or a notebook uses becomes a Dockerfile, and the image of it is tried.

    imports.py       which modules the cells and the variables come from
    packages.py      which distributions those are, with all that they need, in versions; what cannot be frozen, and why
    dockerfile.py    the Dockerfile that installs them, and copies files
    notebooks.py     the code cells of a notebook file, and the outputs that are saved in it
    inside.py        runs those cells in the image (sent as text, never imported);  comparison.py: same or not

Pure, but for packages.py, which asks this Python what is installed. Building and running is the commands' business.
"""
