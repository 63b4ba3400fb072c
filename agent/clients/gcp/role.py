"""The least privilege of a set of collectors as a custom role, from their headers alone."""

from __future__ import annotations

import json
from collections.abc import Iterable

from agent.clients.gcp.needed import NEEDED
from agent.collector import Header

TITLE = "annexa: reads evidence"


def permissions(headers: Iterable[Header]) -> list[str]:
    """Return every permission that the collectors and the client itself need, sorted, once each."""
    ours = [header for header in headers if header.provider == "gcp"]
    return sorted({*NEEDED, *(one for header in ours for one in header.permissions)})


def role(headers: Iterable[Header]) -> str:
    """Return the custom role as `gcloud iam roles create annexa --organization=… --file=…` takes it."""
    said = {
        "title": TITLE, "description": "What annexa may read", "stage": "GA",
        "includedPermissions": permissions(headers),
    }
    return json.dumps(said, indent=2) + "\n"


def terraform(headers: Iterable[Header]) -> str:
    """Return Terraform with the custom role, bound to the account that reads."""
    listed = json.dumps(permissions(headers), indent=4).replace("\n]", "\n  ]")
    return _TERRAFORM.replace("PERMISSIONS", listed).replace("TITLE", TITLE)


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
