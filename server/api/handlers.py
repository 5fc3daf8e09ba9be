"""Whatever goes wrong in a request ends here as one problem document: ours, the framework's and the unexpected."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from contract.errors import StorageError
from server.api.problems import ApiError, Code

_CODES = {
    401: Code.UNAUTHENTICATED,
    403: Code.FORBIDDEN,
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    413: Code.TOO_LARGE,
}
_log = structlog.get_logger()


def add_handlers(app: FastAPI) -> None:
    """Add the handlers."""

    @app.exception_handler(ApiError)
    async def refused(_request: Request, error: ApiError) -> Response:
        return error.answer()

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        lines = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()]
        return ApiError(Code.INVALID, "the request is not as the API has it", errors=lines).answer()

    @app.exception_handler(HTTPException)
    async def framework(_request: Request, error: HTTPException) -> Response:
        code = _CODES.get(error.status_code, Code.INVALID)
        return ApiError(code, headers=error.headers).answer()

    @app.exception_handler(StorageError)
    async def storage(request: Request, error: StorageError) -> Response:
        _log.error("request_without_storage", path=request.url.path, error=str(error))
        return ApiError(Code.UNAVAILABLE, "the database does not answer", headers={"Retry-After": "5"}).answer()

    @app.exception_handler(SQLAlchemyError)
    async def database(request: Request, error: SQLAlchemyError) -> Response:
        _log.error("request_failed", path=request.url.path, error=type(error).__name__)
        return ApiError(Code.INTERNAL).answer()

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        _log.exception("request_failed", path=request.url.path, error=type(error).__name__)
        return ApiError(Code.INTERNAL).answer()
