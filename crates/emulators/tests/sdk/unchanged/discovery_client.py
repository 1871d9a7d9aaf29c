"""Code that knows nothing of an emulator: google-api-python-client with a service account.

Words: a project, and the file of a service account's key.
"""

import json
import sys

from google.oauth2 import service_account
from googleapiclient.discovery import build

project, key_file = sys.argv[1:]
credentials = service_account.Credentials.from_service_account_file(
    key_file, scopes=["https://www.googleapis.com/auth/compute"]
)
compute = build("compute", "v1", credentials=credentials, cache_discovery=False)
body = {"name": "unchanged", "autoCreateSubnetworks": False}

operation = compute.networks().insert(project=project, body=body).execute()
first = operation["status"] == "DONE"
while operation["status"] != "DONE":
    waiting = {"project": project, "operation": operation["name"]}
    operation = compute.globalOperations().wait(**waiting).execute()
shown = compute.networks().get(project=project, network="unchanged").execute()
print(json.dumps({"done_at_once": first, "link": shown["selfLink"]}))
