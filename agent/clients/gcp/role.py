"""The least privilege of a set of collectors as a custom role, from their headers alone."""

from __future__ import annotations

import json
from collections.abc import Iterable

from agent.clients.gcp.needed import NEEDED, ON_A_BUCKET
from agent.collector import Header

TITLE = "annexa: reads evidence"


def permissions(headers: Iterable[Header]) -> list[str]:
    """Return every permission that is needed at the parent of the scope, the client's own too, sorted, once each."""
    return sorted({*NEEDED, *_declared(headers)} - set(ON_A_BUCKET))


def on_a_bucket(headers: Iterable[Header]) -> list[str]:
    """Return the permissions that are needed on the bucket of the scope alone, sorted."""
    return sorted(_declared(headers) & set(ON_A_BUCKET))


def _declared(headers: Iterable[Header]) -> set[str]:
    return {one for header in headers if header.provider == "gcp" for one in header.permissions}


def role(headers: Iterable[Header]) -> str:
    """Return the custom role as `gcloud iam roles create annexa --organization=… --file=…` takes it."""
    said = {
        "title": TITLE, "description": "What annexa may read", "stage": "GA",
        "includedPermissions": permissions(headers),
    }
    return json.dumps(said, indent=2) + "\n"


def terraform(headers: Iterable[Header]) -> str:
    """Return Terraform with the custom role, bound to the account that reads."""
    ours = list(headers)
    listed = json.dumps(permissions(ours), indent=4).replace("\n]", "\n  ]")
    made = _TERRAFORM + (_BUCKET if on_a_bucket(ours) else "")
    return made.replace("PERMISSIONS", listed).replace("TITLE", TITLE)


_TERRAFORM = """variable "organization_id" { type = string }
variable "member" {
  type        = string
  description = "Who reads, such as serviceAccount:annexa@PROJECT.iam.gserviceaccount.com"
}

resource "google_organization_iam_custom_role" "annexa" {
  org_id      = var.organization_id
  role_id     = "annexa"
  title       = "TITLE"
  permissions = PERMISSIONS
}

resource "google_organization_iam_member" "annexa" {
  org_id = var.organization_id
  role   = google_organization_iam_custom_role.annexa.id
  member = var.member
}
"""

_BUCKET = """
variable "export_bucket" {
  type        = string
  description = "The bucket that asset_export: names in the scope"
}

resource "google_storage_bucket_iam_member" "annexa" {
  bucket = var.export_bucket
  role   = "roles/storage.objectViewer"
  member = var.member
}
"""
