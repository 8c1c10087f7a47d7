"""The version of the distribution, which both the build and the User-Agent read."""

__version__ = "0.1.0"
