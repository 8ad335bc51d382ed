"""The one place where the version is written; hatch, the daemon and the client read it here."""

__version__ = "0.1.0"
