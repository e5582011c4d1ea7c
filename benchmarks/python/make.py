"""Writes files that a side of a case reads: make.py <module> <folder> <settings as JSON>. The module has make(folder, **settings)."""

import importlib
import json
import sys
from pathlib import Path

if __name__ == "__main__":
    module, folder, settings = sys.argv[1:]
    importlib.import_module(module).make(Path(folder), **json.loads(settings))
