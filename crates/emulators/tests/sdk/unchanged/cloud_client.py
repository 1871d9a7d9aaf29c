"""Code that knows nothing of an emulator: google-cloud-compute with its own poller.

Words: a project, and the file of a service account's key.
"""

import json
import sys

from google.cloud import compute_v1
from google.oauth2 import service_account

project, key_file = sys.argv[1:]
credentials = service_account.Credentials.from_service_account_file(key_file)
networks = compute_v1.NetworksClient(credentials=credentials)
body = compute_v1.Network(name="unchanged", auto_create_subnetworks=False)

operation = networks.insert(project=project, network_resource=body)
first = operation.done()
operation.result(timeout=30)
shown = networks.get(project=project, network="unchanged")
networks.delete(project=project, network="unchanged").result(timeout=30)
left = [it.name for it in networks.list(project=project)]
print(json.dumps({"done_at_once": first, "link": shown.self_link, "left": left}))
