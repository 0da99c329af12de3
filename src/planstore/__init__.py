"""planstore: an event-sourced plan store with immutable artifacts.

The public names are those of the stub beside this file, ``__init__.pyi``. Each is imported when it is first used, so
that a command imports only the modules that it needs.
"""

import lazy_loader

from planstore.version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
