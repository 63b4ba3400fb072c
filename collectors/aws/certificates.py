"""The certificates that ACM holds: until when they are valid, who uses them, whether they renew themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.certificates",
    title="Certificates of ACM",
    kind="configuration",
    population="Every setting of every certificate that ACM holds in this region, of any key type, used or not.",
    provider="aws",
    per="region",
    calls=(
        Api("acm.list_certificates", ("acm:ListCertificates",)),
        Api(
            "acm.describe_certificate",
            ("acm:DescribeCertificate",),
            answers={"ResourceNotFoundException": "the certificate was deleted while it was read"},
        ),
    ),
    limits=(
        "Certificates uploaded to IAM, and those that stand on servers themselves, are not read.",
        "`not_after` has no value before a certificate is issued.",
        "Certificates for CloudFront are in us-east-1.",
    ),
)
KEY_TYPES = (
    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1",
)
"""All of them: without this filter ACM lists the certificates of RSA 1024 and 2048 alone."""


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per certificate and setting."""
    listed = run.client.population(
        "acm.list_certificates", key="CertificateSummaryList", Includes={"keyTypes": list(KEY_TYPES)}, MaxItems=1000,
    )
    described = run.client.each(
        listed, lambda one: run.client.ask("acm.describe_certificate", CertificateArn=one["CertificateArn"]),
    )
    for _, answer in described:
        if answer is None:
            run.skip("deleted while it was read")
            continue
        certificate = answer["Certificate"]
        for name, value in _settings(certificate).items():
            yield Record(setting(certificate["CertificateArn"], name, value), certificate)


def _settings(certificate: dict[str, Any]) -> dict[str, Any]:
    return {
        "domain": certificate.get("DomainName"),
        "status": certificate.get("Status"),
        "type": certificate.get("Type"),
        "key_algorithm": certificate.get("KeyAlgorithm"),
        "not_after": certificate.get("NotAfter"),
        "in_use": bool(certificate.get("InUseBy")),
        "renewal": (certificate.get("RenewalSummary") or {}).get("RenewalStatus"),
        "renewal_eligibility": certificate.get("RenewalEligibility"),
    }
