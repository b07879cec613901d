"""The HTTP function: FastAPI behind Mangum.

What a start need not do is left out here, before any module of the package imports FastAPI.
"""

import gc
import sys

from pydantic import BaseModel

# What importing makes is there to stay, so looking for garbage among it is in vain; api.app ends this.
gc.disable()

# FastAPI asks of every parameter whether it is a model of Pydantic 1, and takes a missing package for a no.
sys.modules["pydantic.v1"] = None  # type: ignore[assignment]

# Models are built when first used: FastAPI's forty of OpenAPI, and ours, when /openapi.json is asked for.
BaseModel.model_config["defer_build"] = True
