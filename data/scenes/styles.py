"""The four styles: what light there is, and how each material looks in it."""

from __future__ import annotations

from dataclasses import dataclass

from data.scenes.layout import Material
from data.scenes.texture import Texture

RGB = tuple[float, float, float]  # 0-255


@dataclass(frozen=True)
class Paint:
    """How a material looks: `texture` runs from `dark` to `light`, `repeats` times a frame's radius.

    `pigmented` multiplies both by the surface's own pigment; `glows` leaves the style's light out.
    """

    dark: RGB
    light: RGB
    texture: Texture = Texture.PLAIN
    repeats: float = 1.0
    pigmented: bool = False
    glows: bool = False


@dataclass(frozen=True)
class Style:
    """The light of a time of day or season; colours are RGB 0-255, `light` is a factor for each of RGB.

    `contrast` is how strongly the light comes from one side, `shadow` how dark the shadows are (0-1).
    """

    zenith: RGB
    horizon: RGB
    glow: RGB
    glow_radius: float
    haze: RGB
    light: RGB
    contrast: float
    shadow: float
    glint: RGB
    paints: dict[Material, Paint]


_BY_DAY: dict[Material, Paint] = {
    Material.AIR: Paint((0, 0, 0), (70, 62, 50), Texture.CIRRUS, 0.8, glows=True),
    Material.SUN: Paint((255, 246, 200), (255, 255, 240), glows=True),
    Material.CLOUD: Paint((196, 204, 216), (255, 255, 255), Texture.PUFFS, 0.4),
    Material.ROCK: Paint((64, 62, 72), (158, 144, 128), Texture.ROCK, 0.8),
    Material.SUMMIT: Paint((170, 184, 210), (255, 255, 255), Texture.ROCK, 0.8),
    Material.WATER: Paint((18, 68, 108), (92, 168, 190), Texture.WAVES),
    Material.SAND: Paint((196, 164, 110), (246, 222, 168), Texture.RIPPLES),
    Material.GRASS: Paint((52, 98, 34), (156, 190, 78), Texture.BLADES),
    Material.ASPHALT: Paint((66, 66, 72), (122, 120, 120), Texture.GRAIN),
    Material.MARKING: Paint((206, 204, 196), (250, 248, 240), Texture.GRAIN),
    Material.LEAVES: Paint((22, 52, 22), (118, 166, 62), Texture.LEAVES, 0.45, pigmented=True),
    Material.NEEDLES: Paint((14, 42, 30), (78, 124, 74), Texture.NEEDLES, 0.5, pigmented=True),
    Material.TRUNK: Paint((58, 40, 28), (124, 92, 66), Texture.NEEDLES, 0.1),
    Material.BRICK: Paint((205, 205, 205), (255, 255, 255), Texture.BRICKS, 0.9, pigmented=True),
    Material.PLANKS: Paint((168, 168, 168), (255, 255, 255), Texture.PLANKS, 0.9, pigmented=True),
    Material.TILES: Paint((130, 130, 130), (262, 255, 255), Texture.TILES, 0.8, pigmented=True),
    Material.FRAME: Paint((225, 222, 215), (250, 250, 248)),
    Material.DARK_PANE: Paint((40, 58, 78), (126, 164, 190), Texture.PLAIN, 0.6),
    Material.LIT_PANE: Paint((40, 58, 78), (126, 164, 190), Texture.PLAIN, 0.6),
    Material.DOOR: Paint((84, 50, 34), (132, 84, 54), Texture.PLANKS, 0.5),
    Material.LACQUER: Paint((205, 205, 205), (240, 240, 240), pigmented=True),
    Material.GLASS: Paint((34, 44, 56), (110, 136, 156), Texture.PLAIN, 0.3),
    Material.TYRE: Paint((22, 22, 24), (44, 44, 46)),
    Material.TAIL_LAMP: Paint((150, 20, 16), (200, 40, 30)),
    Material.HEAD_LAMP: Paint((225, 228, 225), (255, 255, 250)),
    Material.HULL: Paint((205, 205, 205), (255, 255, 255), Texture.PLANKS, 0.4, pigmented=True),
    Material.SAIL: Paint((225, 225, 225), (255, 255, 255), pigmented=True),
    Material.SKIN: Paint((225, 225, 225), (255, 255, 255), pigmented=True),
    Material.CLOTH: Paint((195, 195, 195), (255, 255, 255), pigmented=True),
}

_AT_DUSK: dict[Material, Paint] = {
    **_BY_DAY,
    Material.AIR: Paint((0, 0, 0), (120, 52, 60), Texture.CIRRUS, 0.8, glows=True),
    Material.SUN: Paint((255, 176, 70), (255, 220, 130), glows=True),
    Material.CLOUD: Paint((150, 92, 124), (255, 182, 138), Texture.PUFFS, 0.4, glows=True),
    Material.WATER: Paint((44, 46, 96), (196, 128, 120), Texture.WAVES),
    Material.LIT_PANE: Paint((220, 140, 60), (255, 206, 120), Texture.PLAIN, 0.6, glows=True),
    Material.TAIL_LAMP: Paint((235, 30, 24), (255, 70, 50), glows=True),
    Material.HEAD_LAMP: Paint((255, 240, 190), (255, 250, 225), glows=True),
}

_AT_NIGHT: dict[Material, Paint] = {
    **_BY_DAY,
    Material.AIR: Paint((0, 0, 0), (235, 235, 225), Texture.STARS, 1.0, glows=True),
    Material.SUN: Paint((120, 124, 134), (216, 214, 200), Texture.PLAIN, 0.12, glows=True),
    Material.CLOUD: Paint((30, 36, 58), (92, 102, 136), Texture.PUFFS, 0.4, glows=True),
    Material.LIT_PANE: Paint((235, 160, 60), (255, 222, 132), Texture.PLAIN, 0.6, glows=True),
    Material.TAIL_LAMP: Paint((235, 24, 20), (255, 60, 44), glows=True),
    Material.HEAD_LAMP: Paint((255, 244, 205), (255, 255, 240), glows=True),
}

_IN_WINTER: dict[Material, Paint] = {
    **_BY_DAY,
    Material.AIR: Paint((0, 0, 0), (34, 32, 30), Texture.CIRRUS, 0.8, glows=True),
    Material.SUN: Paint((255, 244, 222), (255, 252, 240), glows=True),
    Material.CLOUD: Paint((172, 178, 190), (236, 238, 244), Texture.PUFFS, 0.4),
    Material.ROCK: Paint((104, 114, 134), (226, 232, 242), Texture.ROCK, 0.8),
    Material.WATER: Paint((52, 76, 92), (136, 158, 168), Texture.WAVES),
    Material.SAND: Paint((150, 140, 124), (226, 220, 208), Texture.RIPPLES),
    Material.GRASS: Paint((176, 192, 220), (252, 253, 255), Texture.DRIFTS),
    Material.ASPHALT: Paint((92, 96, 104), (176, 180, 188), Texture.GRAIN),
    Material.LEAVES: Paint((84, 74, 68), (226, 228, 236), Texture.LEAVES, 0.45),
    Material.NEEDLES: Paint((24, 46, 40), (214, 224, 232), Texture.NEEDLES, 0.5),
    Material.TILES: Paint((196, 206, 226), (252, 253, 255), Texture.DRIFTS, 0.8),
    Material.LIT_PANE: Paint((200, 140, 70), (250, 208, 136), Texture.PLAIN, 0.6),
}

# The order is that of the style ids.
STYLES: dict[str, Style] = {
    "day": Style(
        zenith=(52, 118, 206), horizon=(184, 218, 240), glow=(80, 74, 50), glow_radius=0.22,
        haze=(176, 202, 226), light=(1.0, 0.98, 0.94), contrast=1.0, shadow=0.45, glint=(150, 146, 128),
        paints=_BY_DAY,
    ),
    "dusk": Style(
        zenith=(58, 52, 116), horizon=(250, 150, 92), glow=(150, 72, 10), glow_radius=0.38,
        haze=(196, 124, 128), light=(0.78, 0.56, 0.56), contrast=1.5, shadow=0.4, glint=(220, 130, 50),
        paints=_AT_DUSK,
    ),
    "night": Style(
        zenith=(6, 10, 32), horizon=(32, 46, 86), glow=(62, 70, 92), glow_radius=0.16,
        haze=(28, 40, 72), light=(0.3, 0.36, 0.54), contrast=0.9, shadow=0.35, glint=(150, 160, 180),
        paints=_AT_NIGHT,
    ),
    "winter": Style(
        zenith=(134, 160, 192), horizon=(224, 230, 236), glow=(36, 30, 20), glow_radius=0.3,
        haze=(214, 222, 232), light=(0.9, 0.94, 1.0), contrast=0.6, shadow=0.25, glint=(90, 90, 86),
        paints=_IN_WINTER,
    ),
}  # fmt: skip
