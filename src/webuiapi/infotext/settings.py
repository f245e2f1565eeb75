"""The settings of the server that a text tells, by the key of their pair."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SETTINGS: Mapping[str, tuple[str, type]] = MappingProxyType(
    {
        "Clip skip": ("CLIP_stop_at_last_layers", int),
        "VAE": ("sd_vae", str),
        "VAE Encoder": ("sd_vae_encode_method", str),
        "VAE Decoder": ("sd_vae_decode_method", str),
        "ENSD": ("eta_noise_seed_delta", int),
        "RNG": ("randn_source", str),
        "Emphasis": ("emphasis", str),
        "Eta": ("eta_ancestral", float),
        "Eta DDIM": ("eta_ddim", float),
        "NGMS": ("s_min_uncond", float),
        "NGMS all steps": ("s_min_uncond_all", bool),
        "Token merging ratio": ("token_merging_ratio", float),
        "Token merging ratio hr": ("token_merging_ratio_hr", float),
        "Conditional mask weight": ("inpainting_mask_weight", float),
        "Extra noise": ("img2img_extra_noise", float),
        "Pad conds": ("pad_cond_uncond", bool),
        "Pad conds v0": ("pad_cond_uncond_v0", bool),
        "Old prompt editing timelines": ("use_old_scheduling", bool),
        "Downcast alphas_cumprod": ("use_downcasted_alpha_bar", bool),
        "Refiner switch by sampling steps": ("refiner_switch_by_sample_steps", bool),
        "Hires refiner": ("hires_fix_refiner_pass", str),
        "Sigma churn": ("s_churn", float),
        "Sigma tmin": ("s_tmin", float),
        "Sigma tmax": ("s_tmax", float),
        "Sigma noise": ("s_noise", float),
        "Schedule min sigma": ("sigma_min", float),
        "Schedule max sigma": ("sigma_max", float),
        "Schedule rho": ("rho", float),
        "Discard penultimate sigma": ("always_discard_next_to_last_sigma", bool),
        "SGM noise multiplier": ("sgm_noise_multiplier", bool),
        "UniPC variant": ("uni_pc_variant", str),
        "UniPC skip type": ("uni_pc_skip_type", str),
        "UniPC order": ("uni_pc_order", int),
        "UniPC lower order final": ("uni_pc_lower_order_final", bool),
        "Noise Schedule": ("sd_noise_schedule", str),
        "Skip Early CFG": ("skip_early_cond", float),
        "Beta scheduler alpha": ("beta_dist_alpha", float),
        "Beta scheduler beta": ("beta_dist_beta", float),
        "Hypertile U-Net": ("hypertile_enable_unet", bool),
        "Hypertile U-Net second pass": ("hypertile_enable_unet_secondpass", bool),
        "Hypertile U-Net max depth": ("hypertile_max_depth_unet", int),
        "Hypertile U-Net max tile size": ("hypertile_max_tile_unet", int),
        "Hypertile U-Net swap size": ("hypertile_swap_size_unet", int),
        "Hypertile VAE": ("hypertile_enable_vae", bool),
        "Hypertile VAE max depth": ("hypertile_max_depth_vae", int),
        "Hypertile VAE max tile size": ("hypertile_max_tile_vae", int),
        "Hypertile VAE swap size": ("hypertile_swap_size_vae", int),
    }
)
"""The name of the setting and its type. Fields of requests that tell the same (Tiling, Face restoration, Noise
multiplier, Model hash) are not among them: the client puts them elsewhere than the webui does."""
