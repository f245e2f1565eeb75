"""What lies between a checked request and its pictures: everything of a generation that is not painting.

generation  one run: its fields as attributes, and what the pipeline fills in
txt2img     the first pass and hires fix; img2img: init images and masks
pipeline    one run from its settings to its pictures; scripts call it as often as they like
names       samplers and schedulers by their names; prompts: styles, comments, tags; seeds
resizing, masks, grids, pictures   what is done to pictures before and after they are painted
info        the infotext of a picture and the `info` of an answer
fill_from_infotext   the request field `infotext`
slots       how `script_args` and `alwayson_scripts` become the arguments of scripts
scripts     the scripts themselves, one file each, and the hooks for more
extras      upscaling and restoring, without a prompt; captions: interrogate
"""
