"""A client for every server that speaks the stable-diffusion-webui API, `/sdapi/v1`.

    import webuiapi

    api = webuiapi.WebUIApi()                        # a webui on this machine, started with --api
    api = webuiapi.WebUIApi(":local:")               # or the embedded server: nothing else needed
    result = api.txt2img("cute squirrel", seed=1003)
    result.save("squirrel.png")

`AsyncWebUIApi` has the same methods to await. The names below are loaded when first used, so that importing the package
costs nothing and touches no network.
"""

from __future__ import annotations

import os as _os

from .version import __version__

TYPE_CHECKING = False  # type checkers know the name; importing `typing` for it would cost more than all the rest
if TYPE_CHECKING:
    from typing import Any

    from .api.admin import (
        CreateEmbedding,
        CreateHypernetwork,
        RefreshCheckpoints,
        RefreshEmbeddings,
        RefreshLoras,
        RefreshVae,
        ReloadCheckpoint,
        ServerKill,
        ServerRestart,
        ServerStop,
        TrainEmbedding,
        TrainHypernetwork,
        TrainingResult,
        UnloadCheckpoint,
    )
    from .api.agent_scheduler import (
        ClearQueue,
        DeleteQueueTask,
        GetQueue,
        GetQueueHistory,
        GetQueueResults,
        GetQueueTask,
        History,
        PauseQueue,
        Queue,
        QueueTask,
        ResumeQueue,
        Task,
    )
    from .api.custom import CustomGet, CustomPost
    from .api.doctor import Diagnosis, Finding
    from .api.extras import ExtraBatchImages, ExtraSingleImage, Interrogate, PngInfo
    from .api.generate import Img2Img, Txt2Img
    from .api.internal import GetPendingTasks, GetTaskProgress, PendingTasks, Ping, TaskProgress
    from .api.jobs import GetProgress, Interrupt, Progress, ProgressState, Skip
    from .api.lists import (
        CmdFlags,
        Embedding,
        Embeddings,
        Extension,
        FaceRestorer,
        GetCmdFlags,
        GetEmbeddings,
        GetExtensions,
        GetFaceRestorers,
        GetHypernetworks,
        GetLatentUpscaleModes,
        GetLoras,
        GetMemory,
        GetPromptStyles,
        GetRealesrganModels,
        GetSamplers,
        GetSchedulers,
        GetScriptInfo,
        GetScripts,
        GetSDModels,
        GetSDModules,
        GetSDVae,
        GetUpscalers,
        Hypernetwork,
        LatentUpscaleMode,
        Lora,
        Memory,
        PromptStyle,
        RealesrganModel,
        Sampler,
        Scheduler,
        ScriptArg,
        ScriptInfo,
        Scripts,
        SDModel,
        SDModule,
        SDVae,
    )
    from .api.options import GetOptions, Options, SetOptions
    from .api.relatives import GetHistory, GetStatus, GetVersion, SDNextHistoryItem, SDNextStatus, SDNextVersion
    from .checks import Checks, ParameterWarning
    from .client import AsyncWebUIApi, WebUIApi
    from .enums import HiResUpScaler, HiResUpscaler, Upscaler
    from .errors import (
        AllServersAway,
        AnswerError,
        AnswerTooLarge,
        AuthenticationError,
        BadRequest,
        CallTimeout,
        ConnectError,
        ConnectionLost,
        GatewayError,
        ImageError,
        MissingExtra,
        NoJSON,
        NotFound,
        NotSaved,
        NotSupported,
        OutOfMemory,
        ServerBusy,
        ServerError,
        StatusError,
        TransportError,
        UnexpectedResult,
        UnknownName,
        WebUIApiError,
    )
    from .extensions._endpoints import ExtensionResult
    from .extensions._faceswaplab_parts import FaceSwapInpainting, FaceSwapOptions, FaceSwapPostprocessing, FaceSwapUnit
    from .extensions._segment_anything_results import (
        SegmentAnythingControlNetSegNotRandomResult,
        SegmentAnythingControlNetSegRandomResult,
        SegmentAnythingDilationResult,
        SegmentAnythingGinoResult,
        SegmentAnythingSamResult,
        SegmentAnythingSemanticSegWithCatIdResult,
    )
    from .extensions.adetailer import ADetailer, GetADetailerModels, GetADetailerSchema, GetADetailerVersion
    from .extensions.animatediff import AnimateDiff
    from .extensions.base import ExtensionMissing, Interface, SilentlyIgnored, Unit
    from .extensions.controlnet import (
        ControlNetDetect,
        ControlNetSettings,
        ControlNetUnit,
        DetectResult,
        GetControlNetControlTypes,
        GetControlNetModels,
        GetControlNetModules,
        GetControlNetSettings,
        GetControlNetVersion,
        RenderOpenposeJson,
    )
    from .extensions.controlnet_interface import ControlNetInterface
    from .extensions.cutoff import Cutoff
    from .extensions.deforum import (
        CancelDeforumBatch,
        CancelDeforumJob,
        DeforumBatch,
        DeforumCancelled,
        DeforumInterface,
        DeforumJob,
        DeforumRun,
        DeforumSubmit,
        GetDeforumApiVersion,
        GetDeforumBatch,
        GetDeforumBatches,
        GetDeforumJob,
        GetDeforumJobs,
        GetDeforumVersion,
    )
    from .extensions.dynamic_prompts import DynamicPrompts
    from .extensions.dynamic_thresholding import DynamicThresholding
    from .extensions.faceswaplab import (
        BuildFace,
        CompareFaces,
        ExtractFaces,
        FaceSwapLab,
        FaceSwapLabInterface,
        GetFaceSwapLabVersion,
        SwapFace,
    )
    from .extensions.freeu import FreeU
    from .extensions.hypertile import Hypertile
    from .extensions.ic_light import ICLight
    from .extensions.instruct_pix2pix import InstructPix2Pix, InstructPix2PixInterface
    from .extensions.kohya_hrfix import KohyaHRFix
    from .extensions.latent_modifier import LatentModifier
    from .extensions.layerdiffuse import LayerDiffuse
    from .extensions.model_keyword import GetKeywords, ModelKeyword, ModelKeywordInterface, ModelKeywordResult
    from .extensions.never_oom import NeverOOM
    from .extensions.perturbed_attention import PerturbedAttentionGuidance
    from .extensions.promptgen import GetPromptGenModels, PromptGen
    from .extensions.reactor import (
        BuildReActorFaceModel,
        GetReActorFaceModels,
        GetReActorModels,
        GetReActorUpscalers,
        ReActor,
        ReActorImage,
        ReActorInterface,
    )
    from .extensions.regional_prompter import RegionalPrompter
    from .extensions.rembg import RemBG, RemBGInterface
    from .extensions.roop import GetRoopModels, Roop, RoopImage, RoopInterface
    from .extensions.sag import Sag
    from .extensions.script import Script
    from .extensions.scripts import (
        Img2ImgAlternative,
        Loopback,
        OutpaintingMk2,
        PoorMansOutpainting,
        PromptMatrix,
        PromptsFromFile,
        SDUpscale,
    )
    from .extensions.segment_anything import (
        DilateMask,
        DinoPredict,
        GenerateSemanticSegmentation,
        GetSamModels,
        SamAndSemanticSegWithCatId,
        SamHeartbeat,
        SamPredict,
        SegmentAnythingInterface,
    )
    from .extensions.simple_wildcards import SimpleWildcards
    from .extensions.soft_inpainting import SoftInpainting
    from .extensions.style_align import StyleAlign
    from .extensions.tagger import (
        GetInterrogators,
        Interrogators,
        TaggerInterface,
        TaggerInterrogate,
        TaggerResult,
        UnloadInterrogators,
    )
    from .extensions.tiled_diffusion import DemoFusion, TiledDiffusion, TiledRegion, TiledVAE
    from .extensions.ultimate_sd_upscale import UltimateSDUpscale
    from .extensions.xyz import XYZPlot
    from .gallery import Comparison, compare
    from .handles import AsyncJob, Job
    from .images import ImageInput, b64_img, raw_b64_img
    from .infotext import GenerationParameters
    from .jobs import Cancelled, Completed, Failed, JobCancelled, Queued, Running, Status, TaskLost
    from .pool import AsyncPool, Pool, PoolServer
    from .request import Flow, Request, Sleep, Watch
    from .results import (
        CustomResult,
        ExtrasResult,
        InterrogateResult,
        NoImage,
        PartProblem,
        PngInfoResult,
        Result,
        TextResult,
        WebUIApiResult,
    )
    from .retry import Retry
    from .server_info import ServerInfo
    from .transport.base import Timeout

_HOME = {
    "api.admin": (
        "CreateEmbedding", "CreateHypernetwork", "RefreshCheckpoints", "RefreshEmbeddings", "RefreshLoras",
        "RefreshVae", "ReloadCheckpoint", "ServerKill", "ServerRestart", "ServerStop", "TrainEmbedding",
        "TrainHypernetwork", "TrainingResult", "UnloadCheckpoint",
    ),
    "api.agent_scheduler": (
        "ClearQueue", "DeleteQueueTask", "GetQueue", "GetQueueHistory", "GetQueueResults", "GetQueueTask",
        "History", "PauseQueue", "Queue", "QueueTask", "ResumeQueue", "Task",
    ),
    "api.custom": ("CustomGet", "CustomPost"),
    "api.doctor": ("Diagnosis", "Finding"),
    "api.extras": ("ExtraBatchImages", "ExtraSingleImage", "Interrogate", "PngInfo"),
    "api.generate": ("Img2Img", "Txt2Img"),
    "api.internal": ("GetPendingTasks", "GetTaskProgress", "PendingTasks", "Ping", "TaskProgress"),
    "api.jobs": ("GetProgress", "Interrupt", "Progress", "ProgressState", "Skip"),
    "api.lists": (
        "CmdFlags", "Embedding", "Embeddings", "Extension", "FaceRestorer", "GetCmdFlags", "GetEmbeddings",
        "GetExtensions", "GetFaceRestorers", "GetHypernetworks", "GetLatentUpscaleModes", "GetLoras",
        "GetMemory", "GetPromptStyles", "GetRealesrganModels", "GetSDModels", "GetSDModules", "GetSDVae",
        "GetSamplers", "GetSchedulers", "GetScriptInfo", "GetScripts", "GetUpscalers", "Hypernetwork",
        "LatentUpscaleMode", "Lora", "Memory", "PromptStyle", "RealesrganModel", "SDModel", "SDModule", "SDVae",
        "Sampler", "Scheduler", "ScriptArg", "ScriptInfo", "Scripts",
    ),
    "api.options": ("GetOptions", "Options", "SetOptions"),
    "api.relatives": ("GetHistory", "GetStatus", "GetVersion", "SDNextHistoryItem", "SDNextStatus", "SDNextVersion"),
    "checks": ("Checks", "ParameterWarning"),
    "client": ("AsyncWebUIApi", "WebUIApi"),
    "enums": ("HiResUpScaler", "HiResUpscaler", "Upscaler"),
    "errors": (
        "AllServersAway", "AnswerError", "AnswerTooLarge", "AuthenticationError", "BadRequest", "CallTimeout",
        "ConnectError", "ConnectionLost", "GatewayError", "ImageError", "MissingExtra", "NoJSON", "NotFound",
        "NotSaved", "NotSupported", "OutOfMemory", "ServerBusy", "ServerError", "StatusError", "TransportError",
        "UnexpectedResult", "UnknownName", "WebUIApiError",
    ),
    "extensions._endpoints": ("ExtensionResult",),
    "extensions._faceswaplab_parts": (
        "FaceSwapInpainting", "FaceSwapOptions", "FaceSwapPostprocessing", "FaceSwapUnit",
    ),
    "extensions._segment_anything_results": (
        "SegmentAnythingControlNetSegNotRandomResult", "SegmentAnythingControlNetSegRandomResult",
        "SegmentAnythingDilationResult", "SegmentAnythingGinoResult", "SegmentAnythingSamResult",
        "SegmentAnythingSemanticSegWithCatIdResult",
    ),
    "extensions.adetailer": ("ADetailer", "GetADetailerModels", "GetADetailerSchema", "GetADetailerVersion"),
    "extensions.animatediff": ("AnimateDiff",),
    "extensions.base": ("ExtensionMissing", "Interface", "SilentlyIgnored", "Unit"),
    "extensions.controlnet": (
        "ControlNetDetect", "ControlNetSettings", "ControlNetUnit", "DetectResult", "GetControlNetControlTypes",
        "GetControlNetModels", "GetControlNetModules", "GetControlNetSettings", "GetControlNetVersion",
        "RenderOpenposeJson",
    ),
    "extensions.controlnet_interface": ("ControlNetInterface",),
    "extensions.cutoff": ("Cutoff",),
    "extensions.deforum": (
        "CancelDeforumBatch", "CancelDeforumJob", "DeforumBatch", "DeforumCancelled", "DeforumInterface",
        "DeforumJob", "DeforumRun", "DeforumSubmit", "GetDeforumApiVersion", "GetDeforumBatch",
        "GetDeforumBatches", "GetDeforumJob", "GetDeforumJobs", "GetDeforumVersion",
    ),
    "extensions.dynamic_prompts": ("DynamicPrompts",),
    "extensions.dynamic_thresholding": ("DynamicThresholding",),
    "extensions.faceswaplab": (
        "BuildFace", "CompareFaces", "ExtractFaces", "FaceSwapLab", "FaceSwapLabInterface",
        "GetFaceSwapLabVersion", "SwapFace",
    ),
    "extensions.freeu": ("FreeU",),
    "extensions.hypertile": ("Hypertile",),
    "extensions.ic_light": ("ICLight",),
    "extensions.instruct_pix2pix": ("InstructPix2Pix", "InstructPix2PixInterface"),
    "extensions.kohya_hrfix": ("KohyaHRFix",),
    "extensions.latent_modifier": ("LatentModifier",),
    "extensions.layerdiffuse": ("LayerDiffuse",),
    "extensions.model_keyword": ("GetKeywords", "ModelKeyword", "ModelKeywordInterface", "ModelKeywordResult"),
    "extensions.never_oom": ("NeverOOM",),
    "extensions.perturbed_attention": ("PerturbedAttentionGuidance",),
    "extensions.promptgen": ("GetPromptGenModels", "PromptGen"),
    "extensions.reactor": (
        "BuildReActorFaceModel", "GetReActorFaceModels", "GetReActorModels", "GetReActorUpscalers", "ReActor",
        "ReActorImage", "ReActorInterface",
    ),
    "extensions.regional_prompter": ("RegionalPrompter",),
    "extensions.rembg": ("RemBG", "RemBGInterface"),
    "extensions.roop": ("GetRoopModels", "Roop", "RoopImage", "RoopInterface"),
    "extensions.sag": ("Sag",),
    "extensions.script": ("Script",),
    "extensions.scripts": (
        "Img2ImgAlternative", "Loopback", "OutpaintingMk2", "PoorMansOutpainting", "PromptMatrix",
        "PromptsFromFile", "SDUpscale",
    ),
    "extensions.segment_anything": (
        "DilateMask", "DinoPredict", "GenerateSemanticSegmentation", "GetSamModels",
        "SamAndSemanticSegWithCatId", "SamHeartbeat", "SamPredict", "SegmentAnythingInterface",
    ),
    "extensions.simple_wildcards": ("SimpleWildcards",),
    "extensions.soft_inpainting": ("SoftInpainting",),
    "extensions.style_align": ("StyleAlign",),
    "extensions.tagger": (
        "GetInterrogators", "Interrogators", "TaggerInterface", "TaggerInterrogate", "TaggerResult",
        "UnloadInterrogators",
    ),
    "extensions.tiled_diffusion": ("DemoFusion", "TiledDiffusion", "TiledRegion", "TiledVAE"),
    "extensions.ultimate_sd_upscale": ("UltimateSDUpscale",),
    "extensions.xyz": ("XYZPlot",),
    "gallery": ("Comparison", "compare"),
    "handles": ("AsyncJob", "Job"),
    "images": ("ImageInput", "b64_img", "raw_b64_img"),
    "infotext": ("GenerationParameters",),
    "jobs": ("Cancelled", "Completed", "Failed", "JobCancelled", "Queued", "Running", "Status", "TaskLost"),
    "pool": ("AsyncPool", "Pool", "PoolServer"),
    "request": ("Flow", "Request", "Sleep", "Watch"),
    "results": (
        "CustomResult", "ExtrasResult", "InterrogateResult", "NoImage", "PartProblem", "PngInfoResult",
        "Result", "TextResult", "WebUIApiResult",
    ),
    "retry": ("Retry",),
    "server_info": ("ServerInfo",),
    "transport.base": ("Timeout",),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "ADetailer", "AllServersAway", "AnimateDiff", "AnswerError", "AnswerTooLarge", "AsyncJob", "AsyncPool",
    "AsyncWebUIApi", "AuthenticationError", "BadRequest", "BuildFace", "BuildReActorFaceModel", "CallTimeout",
    "CancelDeforumBatch", "CancelDeforumJob", "Cancelled", "Checks", "ClearQueue", "CmdFlags", "CompareFaces",
    "Comparison", "Completed", "ConnectError", "ConnectionLost", "ControlNetDetect", "ControlNetInterface",
    "ControlNetSettings", "ControlNetUnit", "CreateEmbedding", "CreateHypernetwork", "CustomGet", "CustomPost",
    "CustomResult", "Cutoff", "DeforumBatch", "DeforumCancelled", "DeforumInterface", "DeforumJob", "DeforumRun",
    "DeforumSubmit", "DeleteQueueTask", "DemoFusion", "DetectResult", "Diagnosis", "DilateMask", "DinoPredict",
    "DynamicPrompts", "DynamicThresholding", "Embedding", "Embeddings", "Extension", "ExtensionMissing",
    "ExtensionResult", "ExtraBatchImages", "ExtraSingleImage", "ExtractFaces", "ExtrasResult", "FaceRestorer",
    "FaceSwapInpainting", "FaceSwapLab", "FaceSwapLabInterface", "FaceSwapOptions", "FaceSwapPostprocessing",
    "FaceSwapUnit", "Failed", "Finding", "Flow", "FreeU", "GatewayError", "GenerateSemanticSegmentation",
    "GenerationParameters", "GetADetailerModels", "GetADetailerSchema", "GetADetailerVersion", "GetCmdFlags",
    "GetControlNetControlTypes", "GetControlNetModels", "GetControlNetModules", "GetControlNetSettings",
    "GetControlNetVersion", "GetDeforumApiVersion", "GetDeforumBatch", "GetDeforumBatches", "GetDeforumJob",
    "GetDeforumJobs", "GetDeforumVersion", "GetEmbeddings", "GetExtensions", "GetFaceRestorers",
    "GetFaceSwapLabVersion", "GetHistory", "GetHypernetworks", "GetInterrogators", "GetKeywords",
    "GetLatentUpscaleModes", "GetLoras", "GetMemory", "GetOptions", "GetPendingTasks", "GetProgress",
    "GetPromptGenModels", "GetPromptStyles", "GetQueue", "GetQueueHistory", "GetQueueResults", "GetQueueTask",
    "GetReActorFaceModels", "GetReActorModels", "GetReActorUpscalers", "GetRealesrganModels", "GetRoopModels",
    "GetSDModels", "GetSDModules", "GetSDVae", "GetSamModels", "GetSamplers", "GetSchedulers", "GetScriptInfo",
    "GetScripts", "GetStatus", "GetTaskProgress", "GetUpscalers", "GetVersion", "HiResUpScaler", "HiResUpscaler",
    "History", "Hypernetwork", "Hypertile", "ICLight", "ImageError", "ImageInput", "Img2Img", "Img2ImgAlternative",
    "InstructPix2Pix", "InstructPix2PixInterface", "Interface", "Interrogate", "InterrogateResult", "Interrogators",
    "Interrupt", "Job", "JobCancelled", "KohyaHRFix", "LatentModifier", "LatentUpscaleMode", "LayerDiffuse", "Loopback",
    "Lora", "Memory", "MissingExtra", "ModelKeyword", "ModelKeywordInterface", "ModelKeywordResult", "NeverOOM",
    "NoImage", "NoJSON", "NotFound", "NotSaved", "NotSupported", "Options", "OutOfMemory", "OutpaintingMk2",
    "ParameterWarning", "PartProblem", "PauseQueue", "PendingTasks", "PerturbedAttentionGuidance", "Ping", "PngInfo",
    "PngInfoResult", "Pool", "PoolServer", "PoorMansOutpainting", "Progress", "ProgressState", "PromptGen",
    "PromptMatrix", "PromptStyle", "PromptsFromFile", "Queue", "QueueTask", "Queued", "ReActor", "ReActorImage",
    "ReActorInterface", "RealesrganModel", "RefreshCheckpoints", "RefreshEmbeddings", "RefreshLoras", "RefreshVae",
    "RegionalPrompter", "ReloadCheckpoint", "RemBG", "RemBGInterface", "RenderOpenposeJson", "Request", "Result",
    "ResumeQueue", "Retry", "Roop", "RoopImage", "RoopInterface", "Running", "SDModel", "SDModule", "SDNextHistoryItem",
    "SDNextStatus", "SDNextVersion", "SDUpscale", "SDVae", "Sag", "SamAndSemanticSegWithCatId", "SamHeartbeat",
    "SamPredict", "Sampler", "Scheduler", "Script", "ScriptArg", "ScriptInfo", "Scripts",
    "SegmentAnythingControlNetSegNotRandomResult", "SegmentAnythingControlNetSegRandomResult",
    "SegmentAnythingDilationResult", "SegmentAnythingGinoResult", "SegmentAnythingInterface",
    "SegmentAnythingSamResult", "SegmentAnythingSemanticSegWithCatIdResult", "ServerBusy", "ServerError", "ServerInfo",
    "ServerKill", "ServerRestart", "ServerStop", "SetOptions", "SilentlyIgnored", "SimpleWildcards", "Skip", "Sleep",
    "SoftInpainting", "Status", "StatusError", "StyleAlign", "SwapFace", "TaggerInterface", "TaggerInterrogate",
    "TaggerResult", "Task", "TaskLost", "TaskProgress", "TextResult", "TiledDiffusion", "TiledRegion", "TiledVAE",
    "Timeout", "TrainEmbedding", "TrainHypernetwork", "TrainingResult", "TransportError", "Txt2Img",
    "UltimateSDUpscale", "UnexpectedResult", "Unit", "UnknownName", "UnloadCheckpoint", "UnloadInterrogators",
    "Upscaler", "Watch", "WebUIApi", "WebUIApiError", "WebUIApiResult", "XYZPlot", "__version__", "b64_img", "compare",
    "raw_b64_img",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'webuiapi' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"webuiapi.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if _os.path.exists(_os.path.join(_os.path.dirname(__file__), "webuiapi.py")):  # noqa: PTH110, PTH118, PTH120 - pathlib costs more than all the rest
    import warnings as _warnings

    _warnings.warn(
        "the older package webuiapi 0.9 lies in the same folder as this one, and the two mix: "
        "pip uninstall webuiapi (until pip finds none), then install this one again",
        stacklevel=2,
    )
