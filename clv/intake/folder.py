"""Files that are on the server already, in the folder CLV_IMPORT_DIR: read where they lie.

Only regular files directly in it or one folder down are offered, never what a link points to.
"""

import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

MOST: Final = 500


@dataclass(frozen=True)
class ServerFile:
    """A file of the import folder. `name` is its path inside that folder, for people."""

    name: str
    path: Path
    size: int
    changed_ns: int

    @property
    def changed(self) -> datetime:
        """When it was last written, on the server's clock."""
        return datetime.fromtimestamp(self.changed_ns / 1e9)


def import_folder() -> Path | None:
    """The folder that whoever runs the server has opened for reading, if there is one."""
    configured = os.environ.get("CLV_IMPORT_DIR", "").strip()
    folder = Path(configured)
    return folder.resolve() if configured and folder.is_dir() else None


def server_files(endings: Collection[str]) -> tuple[ServerFile, ...]:
    """Files with one of these endings, the newest first, and at most MOST of them."""
    root = import_folder()
    if root is None:
        return ()
    wanted = tuple(f".{ending}" for ending in endings)
    found = []
    for folder in (root, *_subfolders(root)):
        for entry in _entries(folder):
            if entry.name.lower().endswith(wanted) and entry.is_file(follow_symlinks=False):
                found.append(_server_file(root, entry))
    newest = sorted(found, key=lambda file: (-file.changed_ns, file.name))
    return tuple(newest[:MOST])


def unchanged(file: ServerFile) -> bool:
    """Whether the file is still the one that was offered: the same place, bytes and time."""
    try:
        found = file.path.lstat()
    except OSError:
        return False
    same = (found.st_size, found.st_mtime_ns) == (file.size, file.changed_ns)
    return same and stat.S_ISREG(found.st_mode)


def _subfolders(root: Path) -> list[Path]:
    return [Path(e.path) for e in _entries(root) if e.is_dir(follow_symlinks=False)]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder; hidden entries stay hidden, and a folder we may not enter is empty."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return []


def _server_file(root: Path, entry: os.DirEntry[str]) -> ServerFile:
    found = entry.stat(follow_symlinks=False)
    path = Path(entry.path)
    return ServerFile(str(path.relative_to(root)), path, found.st_size, found.st_mtime_ns)
