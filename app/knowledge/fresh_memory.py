"""Chroma writes memory to its files that it never filled, with whatever lay there before: texts, too."""

import ctypes

# mallopt(3) of glibc.
_M_PERTURB = -6
_FILLER = 1


def overwrite_memory() -> None:
    """From now on glibc overwrites every block when it hands it out and when it gets it back.

    Other C libraries are left as they are.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_PERTURB, _FILLER)
