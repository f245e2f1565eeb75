"""The table of endpoints: every method of both clients that is a call or an operation.

Each is loaded when first used, so that constructing a client costs next to nothing.
"""

from __future__ import annotations

from . import api, extensions
from .request import Remember, loaded_late, remembered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .server_info import ServerInfo


def _server() -> Remember[ServerInfo]:
    """Which server this is, found when first needed: by what it answers, never a reason to fail."""
    from .server_info import asked

    return Remember("server", asked)


def _has_controlnet() -> Remember[bool]:
    """Whether the server has ControlNet, found when first needed."""
    return api.utilities.has_script("controlnet")


def _has_adetailer() -> Remember[bool]:
    """Whether the server has ADetailer, found when first needed."""
    return api.utilities.has_script("adetailer")


def _has_animatediff() -> Remember[bool]:
    """Whether the server has AnimateDiff, found when first needed."""
    return api.utilities.has_script("animatediff")


class Endpoints:
    """The calls that both clients have."""

    txt2img = loaded_late(lambda: api.generate.Txt2Img)
    img2img = loaded_late(lambda: api.generate.Img2Img)
    extra_single_image = loaded_late(lambda: api.extras.ExtraSingleImage)
    extra_batch_images = loaded_late(lambda: api.extras.ExtraBatchImages)
    png_info = loaded_late(lambda: api.extras.PngInfo)
    interrogate = loaded_late(lambda: api.extras.Interrogate)
    get_progress = loaded_late(lambda: api.jobs.GetProgress)
    interrupt = loaded_late(lambda: api.jobs.Interrupt)
    skip = loaded_late(lambda: api.jobs.Skip)
    get_options = loaded_late(lambda: api.options.GetOptions)
    set_options = loaded_late(lambda: api.options.SetOptions)
    get_samplers = loaded_late(lambda: api.lists.GetSamplers)
    get_schedulers = loaded_late(lambda: api.lists.GetSchedulers)
    get_sd_models = loaded_late(lambda: api.lists.GetSDModels)
    get_upscalers = loaded_late(lambda: api.lists.GetUpscalers)
    get_latent_upscale_modes = loaded_late(lambda: api.lists.GetLatentUpscaleModes)
    get_sd_vae = loaded_late(lambda: api.lists.GetSDVae)
    get_sd_modules = loaded_late(lambda: api.lists.GetSDModules)
    get_hypernetworks = loaded_late(lambda: api.lists.GetHypernetworks)
    get_face_restorers = loaded_late(lambda: api.lists.GetFaceRestorers)
    get_realesrgan_models = loaded_late(lambda: api.lists.GetRealesrganModels)
    get_prompt_styles = loaded_late(lambda: api.lists.GetPromptStyles)
    get_embeddings = loaded_late(lambda: api.lists.GetEmbeddings)
    get_loras = loaded_late(lambda: api.lists.GetLoras)
    get_scripts = loaded_late(lambda: api.lists.GetScripts)
    get_script_info = loaded_late(lambda: api.lists.GetScriptInfo)
    get_extensions = loaded_late(lambda: api.lists.GetExtensions)
    get_memory = loaded_late(lambda: api.lists.GetMemory)
    get_cmd_flags = loaded_late(lambda: api.lists.GetCmdFlags)
    refresh_checkpoints = loaded_late(lambda: api.admin.RefreshCheckpoints)
    refresh_embeddings = loaded_late(lambda: api.admin.RefreshEmbeddings)
    refresh_vae = loaded_late(lambda: api.admin.RefreshVae)
    refresh_loras = loaded_late(lambda: api.admin.RefreshLoras)
    unload_checkpoint = loaded_late(lambda: api.admin.UnloadCheckpoint)
    reload_checkpoint = loaded_late(lambda: api.admin.ReloadCheckpoint)
    create_embedding = loaded_late(lambda: api.admin.CreateEmbedding)
    create_hypernetwork = loaded_late(lambda: api.admin.CreateHypernetwork)
    train_embedding = loaded_late(lambda: api.admin.TrainEmbedding)
    train_hypernetwork = loaded_late(lambda: api.admin.TrainHypernetwork)
    server_kill = loaded_late(lambda: api.admin.ServerKill)
    server_restart = loaded_late(lambda: api.admin.ServerRestart)
    server_stop = loaded_late(lambda: api.admin.ServerStop)
    get_task_progress = loaded_late(lambda: api.internal.GetTaskProgress)
    get_pending_tasks = loaded_late(lambda: api.internal.GetPendingTasks)
    ping = loaded_late(lambda: api.internal.Ping)
    get_version = loaded_late(lambda: api.relatives.GetVersion)
    get_status = loaded_late(lambda: api.relatives.GetStatus)
    get_history = loaded_late(lambda: api.relatives.GetHistory)
    queue_task = loaded_late(lambda: api.agent_scheduler.QueueTask)
    get_queue = loaded_late(lambda: api.agent_scheduler.GetQueue)
    get_queue_history = loaded_late(lambda: api.agent_scheduler.GetQueueHistory)
    get_queue_task = loaded_late(lambda: api.agent_scheduler.GetQueueTask)
    get_queue_results = loaded_late(lambda: api.agent_scheduler.GetQueueResults)
    delete_queue_task = loaded_late(lambda: api.agent_scheduler.DeleteQueueTask)
    pause_queue = loaded_late(lambda: api.agent_scheduler.PauseQueue)
    resume_queue = loaded_late(lambda: api.agent_scheduler.ResumeQueue)
    clear_queue = loaded_late(lambda: api.agent_scheduler.ClearQueue)
    controlnet_version = loaded_late(lambda: extensions.controlnet.GetControlNetVersion)
    controlnet_model_list = loaded_late(lambda: extensions.controlnet.GetControlNetModels)
    controlnet_module_list = loaded_late(lambda: extensions.controlnet.GetControlNetModules)
    controlnet_control_types = loaded_late(lambda: extensions.controlnet.GetControlNetControlTypes)
    controlnet_settings = loaded_late(lambda: extensions.controlnet.GetControlNetSettings)
    controlnet_detect = loaded_late(lambda: extensions.controlnet.ControlNetDetect)
    render_openpose_json = loaded_late(lambda: extensions.controlnet.RenderOpenposeJson)
    list_prompt_gen_models = loaded_late(lambda: extensions.promptgen.GetPromptGenModels)
    prompt_gen = loaded_late(lambda: extensions.promptgen.PromptGen)
    custom_get = loaded_late(lambda: api.custom.CustomGet)
    custom_post = loaded_late(lambda: api.custom.custom_post)
    util_get_model_names = loaded_late(lambda: api.utilities.get_model_names)
    util_get_sampler_names = loaded_late(lambda: api.utilities.get_sampler_names)
    util_get_scheduler_names = loaded_late(lambda: api.utilities.get_scheduler_names)
    util_get_current_model = loaded_late(lambda: api.utilities.get_current_model)
    util_set_model = loaded_late(lambda: api.utilities.set_model)
    util_wait_for_ready = loaded_late(lambda: api.utilities.wait_for_ready)
    check_extensions = loaded_late(lambda: api.utilities.check_extensions)
    doctor = loaded_late(lambda: api.doctor.doctor)
    has_controlnet = remembered(_has_controlnet)
    has_adetailer = remembered(_has_adetailer)
    has_animatediff = remembered(_has_animatediff)
    server = remembered(_server)
