"""The REST API as one app, mounted beside the pages: same process, same words, same refusals."""

import re
from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route

from clv.api import analyses, customers, files, jobs, problems, scores, shop, swagger, uploads
from clv.api.guard import Guard
from clv.api.scores import NewOrders

_ABOUT: Final = """
What each customer of a shop is worth, how sure that is, and what to do about it.

Bring a file (`POST /files`), look at what its columns are taken for
(`POST /files/{file_id}/mapping`), have it analysed (`POST /analyses`), follow the job
(`GET /jobs/{job_id}`), and read the figures. Or begin with an example: the request that stands
under `POST /analyses` works as it is.

Every request needs a token: make one on the page Access, or by
`python -m clv token create --name NAME --scope read --scope write`, and give it to *Authorize*.
Money is in the currency of the file. What is refused says what happened (`error`) and what to do
(`hint`).
"""
_MODULES: Final = (files, jobs, analyses, customers, scores, shop, swagger)
_server: Final = APIRouter(tags=["Server"])
UNCOUNTED: Final = frozenset({("POST", "/files")})  # cut by the limit for files


class Health(BaseModel):
    """The server is there."""

    status: str = "ok"


@_server.get("/health", summary="Whether the server is there")
def health() -> Health:
    """Answers without a token."""
    return Health()


def create_app() -> FastAPI:
    """The API with addresses from / on."""
    app = FastAPI(
        title="Customer value",
        version="1.0.0",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation,
    )
    app.add_middleware(Guard, uncounted=UNCOUNTED)
    routers = (_server, *(module.router for module in _MODULES))
    for router in routers:
        app.include_router(router)
    problems.install(app, [route for router in routers for route in router.routes])
    app.openapi = _described(app)  # type: ignore[method-assign]
    return app


def routes(prefix: str = "") -> list[BaseRoute]:
    """Everything under `prefix`/api: the uploads of the pages, and the API; never a page."""
    api = f"/{prefix.strip('/')}/api".replace("//", "/")
    below = Mount(api, app=create_app())
    # A line break in an address is an address as well, and never one of a page.
    below.path_regex = re.compile(below.path_regex.pattern, re.DOTALL)
    to_docs = RedirectResponse(f"{api}/docs")
    return [
        *uploads.routes(prefix),
        Route(api, to_docs),
        Route(f"{api}/", to_docs),
        below,
    ]


def _operation(route: APIRoute) -> str:
    """The name of an operation for programs: analyses_summary."""
    return f"{route.endpoint.__module__.rpartition('.')[2]}_{route.name}"


def _described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """The description, with the models that the framework does not find by itself."""
    usual = app.openapi

    def openapi() -> dict[str, Any]:
        found = usual()
        schemas = found["components"]["schemas"]
        for model in (problems.Problem, NewOrders):
            told = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= told.pop("$defs", {})
            schemas[model.__name__] = told
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        return found

    return openapi
