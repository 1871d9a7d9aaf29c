import os
from pathlib import Path

import azure_models

# Where the packages of tests/requirements-schemas.txt are, if not beside the other ones.
if given := os.environ.get("UNDERPASS_SCHEMAS_MODELS"):
    azure_models.use(Path(given))
