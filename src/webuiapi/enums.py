"""Names of upscalers as enumerations: for completion in an editor. Any other name works too, as a text.

What a server has, `get_upscalers()` and `get_latent_upscale_modes()` say. Members print as their value.
"""

from __future__ import annotations

from enum import Enum


class _Name(str, Enum):
    """A text with a name."""

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, spec: str) -> str:
        return format(str(self.value), spec)


class Upscaler(_Name):
    """Upscalers of the webui, for the extras calls: `upscaler_1=Upscaler.ESRGAN_4x`."""

    none = "None"
    Lanczos = "Lanczos"
    Nearest = "Nearest"
    LDSR = "LDSR"
    BSRGAN = "BSRGAN"
    ESRGAN_4x = "R-ESRGAN 4x+"
    R_ESRGAN_General_4xV3 = "R-ESRGAN General 4xV3"
    ScuNET_GAN = "ScuNET GAN"
    ScuNET_PSNR = "ScuNET PSNR"
    SwinIR_4x = "SwinIR 4x"
    R_ESRGAN_4x_Anime6B = "R-ESRGAN 4x+ Anime6B"
    R_ESRGAN_2x = "R-ESRGAN 2x+"
    R_ESRGAN_General_WDN_4xV3 = "R-ESRGAN General WDN 4xV3"
    R_ESRGAN_AnimeVideo = "R-ESRGAN AnimeVideo"
    DAT_x2 = "DAT x2"
    DAT_x3 = "DAT x3"
    DAT_x4 = "DAT x4"


class HiResUpscaler(_Name):
    """Ways of enlarging for hires fix: `hr_upscaler=HiResUpscaler.Latent`."""

    none = "None"
    Latent = "Latent"
    LatentAntialiased = "Latent (antialiased)"
    LatentBicubic = "Latent (bicubic)"
    LatentBicubicAntialiased = "Latent (bicubic antialiased)"
    LatentNearest = "Latent (nearest)"
    LatentNearestExact = "Latent (nearest-exact)"
    Lanczos = "Lanczos"
    Nearest = "Nearest"
    ESRGAN_4x = "R-ESRGAN 4x+"
    LDSR = "LDSR"
    ScuNET_GAN = "ScuNET GAN"
    ScuNET_PSNR = "ScuNET PSNR"
    SwinIR_4x = "SwinIR 4x"
    R_ESRGAN_4x_Anime6B = "R-ESRGAN 4x+ Anime6B"
    R_ESRGAN_2x = "R-ESRGAN 2x+"
    R_ESRGAN_General_4xV3 = "R-ESRGAN General 4xV3"
    R_ESRGAN_General_WDN_4xV3 = "R-ESRGAN General WDN 4xV3"
    R_ESRGAN_AnimeVideo = "R-ESRGAN AnimeVideo"
    DAT_x2 = "DAT x2"
    DAT_x3 = "DAT x3"
    DAT_x4 = "DAT x4"


HiResUpScaler = HiResUpscaler
"""A spelling that is found in old scripts."""
