"""Code that knows nothing of an emulator: whatever credentials its surroundings have.

Prints the project and the token they give.
"""

import json

import google.auth
from google.auth.transport.requests import Request

credentials, project = google.auth.default(
    scopes=["https://www.googleapis.com/auth/cloud-platform"]
)
credentials.refresh(Request())
email = getattr(credentials, "service_account_email", None)
print(json.dumps({"project": project, "token": credentials.token, "email": email}))
