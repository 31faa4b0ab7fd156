"""Images of strangers: what is drawn of them, and what is refused."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
import pyvips

from roomreel.errors import AssetMissing
from roomreel.media.draw import draw
from roomreel.media.vips import ImageInvalid, check_image
from roomreel.model.geometry import Size
from roomreel.model.images import LARGEST_SIDE
from roomreel.model.look import Fit, Image

HALVES = np.zeros((40, 80, 4), np.uint8)
HALVES[:, :40] = 255, 0, 0, 255
HALVES[:, 40:] = 0, 0, 255, 255


def image(pixels: np.ndarray = HALVES):
    return pyvips.Image.new_from_array(pixels, interpretation="srgb")


def drawn(data: bytes, size: Size, fit: Fit = Fit.CONTAIN) -> np.ndarray:
    return draw(Image("logo.png", "", fit), size, asset=data)


def near(pixel, *expected, tolerance=2) -> bool:
    return np.abs(pixel.astype(int) - expected).max() <= tolerance


PNG = image().pngsave_buffer()
JPEG = image(HALVES[..., :3]).jpegsave_buffer(Q=95, subsample_mode="off")
WEBP = image().webpsave_buffer(lossless=True)
FORMATS = pytest.mark.parametrize("data", [PNG, JPEG, WEBP], ids=["png", "jpeg", "webp"])


@FORMATS
def test_each_format_is_drawn_in_its_own_size(data):
    pixels = drawn(data, Size(80, 40))
    assert check_image(data) == Size(80, 40)
    assert near(pixels[20, 10], 255, 0, 0, 255, tolerance=4)
    assert near(pixels[20, 70], 0, 0, 255, 255, tolerance=4)


def test_in_its_own_size_every_pixel_is_that_of_the_file():
    pixels = np.random.default_rng(3).integers(0, 256, (31, 57, 4), np.uint8)
    for fit in Fit:
        assert (drawn(image(pixels).pngsave_buffer(), Size(57, 31), fit) == pixels).all()


@FORMATS
def test_contained_it_is_in_the_middle_and_nothing_is_beside_it(data):
    pixels = drawn(data, Size(160, 160))
    assert (pixels[:40, :, 3] == 0).all()
    assert (pixels[120:, :, 3] == 0).all()
    assert (pixels[40:120, :, 3] == 255).all()
    assert near(pixels[80, 10], 255, 0, 0, 255, tolerance=4)


def test_covering_it_is_cut_on_both_sides():
    pixels = drawn(PNG, Size(40, 40), Fit.COVER)
    assert (pixels[..., 3] == 255).all()
    assert near(pixels[20, 5], 255, 0, 0, 255)
    assert near(pixels[20, 35], 0, 0, 255, 255)
    assert near(drawn(PNG, Size(80, 20), Fit.COVER)[10, 5], 255, 0, 0, 255)


def test_stretched_it_fills_whatever_the_shape():
    for size in (Size(20, 200), Size(300, 10), Size(2, 2)):
        pixels = drawn(PNG, size, Fit.STRETCH)
        assert pixels.shape == (size.height, size.width, 4)
        assert (pixels[..., 3] == 255).all()


def test_what_is_transparent_stays_so_and_bleeds_no_colour():
    pixels = HALVES.copy()
    pixels[:, :40] = 0, 255, 0, 0
    scaled = drawn(image(pixels).pngsave_buffer(), Size(20, 10))
    assert (scaled[:, :8, 3] <= 1).all()
    edge = scaled[5, scaled[5, :, 3] > 40]
    assert all(near(pixel[:3], 0, 0, 255, tolerance=3) for pixel in edge)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_that_was_turned_turns_nothing(orientation):
    data = image(HALVES[..., :3]).copy()
    data.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    encoded = data.jpegsave_buffer(Q=95)
    lies = orientation >= 5
    size = Size(40, 80) if lies else Size(80, 40)
    assert check_image(encoded) == size
    pixels = drawn(encoded, size)
    first = pixels[10, 20] if lies else pixels[20, 10]
    red_comes_first = orientation in (1, 4, 5, 6)
    assert near(first, *((255, 0, 0) if red_comes_first else (0, 0, 255)), 255, tolerance=8)


def test_sixteen_bits_grey_and_inks_are_brought_to_eight_bits_of_rgb():
    deep = (image(HALVES[..., :3]).cast("ushort") * 257).copy(interpretation="rgb16").cast("ushort")
    grey = pyvips.Image.new_from_array(np.full((40, 80), 100, np.uint8))
    pale = pyvips.Image.new_from_array(np.full((40, 80), 25700, np.uint16)).copy(
        interpretation="grey16"
    )
    inks = np.zeros((40, 80, 4), np.uint8)
    inks[..., 3] = 255
    black = pyvips.Image.new_from_array(inks).copy(interpretation="cmyk").jpegsave_buffer(Q=100)
    assert near(drawn(deep.pngsave_buffer(bitdepth=16), Size(80, 40))[20, 10], 255, 0, 0, 255)
    assert near(drawn(grey.pngsave_buffer(), Size(80, 40))[20, 10], 100, 100, 100, 255)
    assert near(drawn(pale.pngsave_buffer(), Size(80, 40))[20, 10], 100, 100, 100, 255)
    pixel = drawn(black, Size(80, 40))[20, 10]
    assert pixel[3] == 255
    assert pixel[:3].max() < 90


def test_a_profile_is_obeyed_and_a_broken_one_passed_over():
    wide = image(HALVES[..., :3]).icc_export(output_profile="p3")
    kept = wide.pngsave_buffer(keep="icc")
    stripped = wide.pngsave_buffer(keep="none")
    assert near(drawn(kept, Size(80, 40))[20, 10], 255, 0, 0, 255, tolerance=8)
    assert not near(drawn(stripped, Size(80, 40))[20, 10], 255, 0, 0, 255, tolerance=8)
    broken = image(HALVES[..., :3]).copy()
    broken.set_type(pyvips.GValue.blob_type, "icc-profile-data", b"\x00" * 200)
    assert near(drawn(broken.pngsave_buffer(keep="icc"), Size(80, 40))[20, 10], 255, 0, 0, 255)


def test_of_an_animation_the_first_picture_is_drawn():
    frames = pyvips.Image.arrayjoin([image(), image(HALVES[:, ::-1].copy())], across=1)
    frames = frames.copy()
    frames.set_type(pyvips.GValue.gint_type, "page-height", 40)
    data = frames.webpsave_buffer(lossless=True)
    assert check_image(data) == Size(80, 40)
    assert near(drawn(data, Size(80, 40))[20, 10], 255, 0, 0, 255)


def png_of(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not PNG"),
        (b"\x89PNG\r\n\x1a\n", "cannot be decoded"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="60000" height="60000"/>', "not PNG"),
        (b"GIF89a" + bytes(100), "not PNG"),
        (b"%PDF-1.7", "not PNG"),
        (b"II*\x00" + bytes(100), "not PNG"),
        (b"RIFF\x00\x00\x00\x00WAVE", "not PNG"),
        (image().tiffsave_buffer(), "not PNG"),
        (PNG[:-60], "cannot be decoded"),
        (JPEG[: len(JPEG) // 2], "cannot be decoded"),
        (WEBP[: len(WEBP) // 2], "cannot be decoded"),
        (png_of(60000, 60000), str(LARGEST_SIDE)),
        (png_of(LARGEST_SIDE + 1, 1), str(LARGEST_SIDE)),
        (png_of(100, 100), "cannot be decoded"),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_image_is_refused_in_words(data, words):
    with pytest.raises(ImageInvalid, match=words):
        check_image(data)
    with pytest.raises(AssetMissing, match=words) as refused:
        drawn(data, Size(80, 40))
    assert "logo.png" in str(refused.value)


def test_a_flipped_bit_is_drawn_or_refused():
    random = np.random.default_rng(7)
    for data in (PNG, JPEG, WEBP):
        for _ in range(25):
            damaged = bytearray(data)
            damaged[int(random.integers(12, len(data)))] ^= 1 << int(random.integers(8))
            try:
                pixels = drawn(bytes(damaged), Size(20, 10))
            except AssetMissing:
                continue
            assert pixels.shape == (10, 20, 4)


def test_no_other_reader_of_the_library_can_be_reached():
    for data in (b"<svg/>", image().tiffsave_buffer(), b"P5 1 1 255\n\x00"):
        with pytest.raises(pyvips.Error):
            pyvips.Image.new_from_buffer(data, "")
