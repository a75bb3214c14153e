"""MLflow's server in one process.

`mlflow server` starts another process and stays beside it, as large as the server itself, to wait
for its end. This tells the same application the same things and serves it. Run as
`python -m flows.up.mlflow_server HOST PORT DATABASE ARTIFACTS`, the last two as URIs.
"""

from __future__ import annotations

import os
import sys

import uvicorn  # before MLflow, which looks for it to tell whether it is served


def main(host: str, port: str, database: str, artifacts: str) -> None:
    """Serve until a signal.

    Raises:
        MlflowException: the database cannot be used.
    """
    from mlflow.server import constants
    from mlflow.server.handlers import initialize_backend_stores

    root = "mlflow-artifacts:/"
    os.environ |= {
        constants.BACKEND_STORE_URI_ENV_VAR: database,
        constants.REGISTRY_STORE_URI_ENV_VAR: database,
        constants.ARTIFACT_ROOT_ENV_VAR: root,
        constants.ARTIFACTS_DESTINATION_ENV_VAR: artifacts,
        constants.SERVE_ARTIFACTS_ENV_VAR: "true",
    }
    initialize_backend_stores(database, database, root)
    uvicorn.run("mlflow.server.fastapi_app:app", host=host, port=int(port), access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
