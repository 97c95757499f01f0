"""Generated files as a mapping from path to content: compared with the tree, or written to it."""

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

Tree = Mapping[PurePosixPath, bytes]


def read(directory: Path, *, under: PurePosixPath) -> dict[PurePosixPath, bytes]:
    """Every file of `directory`, keyed by its path below `under`."""
    return {
        under / path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def differences(fresh: Tree, root: Path, *, owned: Iterable[PurePosixPath]) -> list[str]:
    """What has to change under `root` for it to equal `fresh`; one line a file, empty when nothing.

    `owned` are the directories whose files all come from generation: anything else in them is left over.
    """
    there = _owned_files(root, owned)
    lines = [f"missing: {path}" for path in sorted(fresh.keys() - there) if not (root / path).exists()]
    lines += [f"left over: {path}" for path in sorted(there - fresh.keys())]
    lines += [
        f"different: {path}"
        for path, content in sorted(fresh.items())
        if (root / path).exists() and (root / path).read_bytes() != content
    ]
    return lines


def write(fresh: Tree, root: Path, *, owned: Iterable[PurePosixPath]) -> int:
    """Make `root` equal `fresh` and say how many files changed.

    Each file is replaced in one step and only if it differs, so a running reader never meets half of one.
    """
    changed = 0
    for path in sorted(_owned_files(root, owned) - fresh.keys()):
        (root / path).unlink()
        changed += 1
    for path, content in fresh.items():
        target = root / path
        if target.exists() and target.read_bytes() == content:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        partial.write_bytes(content)
        partial.replace(target)
        changed += 1
    return changed


def _owned_files(root: Path, owned: Iterable[PurePosixPath]) -> set[PurePosixPath]:
    present = (directory for directory in owned if (root / directory).is_dir())
    return {path for directory in present for path in read(root / directory, under=directory)}
