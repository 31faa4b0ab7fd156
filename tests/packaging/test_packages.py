"""The wheel and the editable install, each in an environment of its own, used from elsewhere."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from roomreel import __version__

ROOT = Path(__file__).parents[2]
PACKAGES = ("roomreel", "flows", "tasks", "layouts")

pytestmark = pytest.mark.slow


def pip(*arguments: object) -> None:
    # Nothing is fetched: the builder is in the environment of the tests.
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([sys.executable, "-m", "pip", *quiet, *map(str, arguments)], check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (file,) = folder.iterdir()
    return file


@pytest.fixture(params=["wheel", "editable"])
def environment(request, tmp_path_factory) -> Path:
    """An environment with roomreel, and its dependencies borrowed from that of the tests."""
    folder = tmp_path_factory.mktemp(request.param)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    places = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
    # A folder that is named in a .pth file is searched, but the .pth files in it are not read: the
    # editable install of the tests' own environment stays out.
    borrowed = Path(sysconfig.get_paths()["purelib"])
    (Path(places["purelib"]) / "borrowed.pth").write_text(f"{borrowed}\n")
    if request.param == "wheel":
        what = [request.getfixturevalue("wheel")]
    else:
        what = ["--no-build-isolation", "--editable", ROOT]
    # --ignore-installed: that roomreel is known to the borrowed folder is not to matter.
    pip("--python", python, "install", "--no-deps", "--no-index", "--ignore-installed", *what)
    return folder


def run(program: Path, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    argv = [str(program), *map(str, arguments)]
    return subprocess.run(argv, cwd=cwd, env=clean, capture_output=True, text=True, check=False)


def test_an_installation_works_from_another_folder(environment, tmp_path):
    roomreel = environment / "bin" / "roomreel"
    version = run(roomreel, "--version", cwd=tmp_path)
    assert (version.stdout, version.stderr) == (f"roomreel {__version__}\n", "")
    grid = ROOT / "layouts" / "grid.json"
    checked = run(roomreel, "validate", grid, cwd=tmp_path)
    assert (checked.returncode, checked.stdout) == (0, f"{grid}: valid roomreel.template/1\n")
    code = (
        "from roomreel.cli.inputs import find_template; from roomreel.settings import Settings;"
        "print(find_template('presenter', Settings()).friendly_name)"
    )
    found = run(environment / "bin" / "python", "-c", code, cwd=tmp_path)
    assert found.stdout == "presenter\n", found.stderr
    report = run(roomreel, "report", "--html", "report.html", cwd=tmp_path)
    assert (report.returncode, report.stdout) == (0, "report.html\n"), report.stderr


def test_every_package_is_the_installed_one(environment, tmp_path):
    home = environment if "wheel" in environment.name else ROOT
    code = f"import {', '.join(PACKAGES)}; print(*({'.__file__, '.join(PACKAGES)}.__file__))"
    ran = run(environment / "bin" / "python", "-c", code, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert all(Path(place).is_relative_to(home) for place in ran.stdout.split())


def test_the_wheel_has_what_runs_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.split("/")[0] for name in names}
    assert tops == {*PACKAGES, f"roomreel-{__version__}.dist-info"}
    data = {
        str(file.relative_to(ROOT))
        for folder in ("layouts", "roomreel/schemas")
        for file in (ROOT / folder).glob("*.json")
    }
    assert len(data) > 10
    assert data <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name]
