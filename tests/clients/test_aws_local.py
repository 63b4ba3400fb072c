"""Services whose SDK puts an account or a bucket before the host's name, against a local endpoint."""

from __future__ import annotations

from agent.clients import Deadline, Witness
from agent.collector import Api, Header
from tests.clients.conftest import BOUNDARY, Provide
from tests.lab.aws.double import ACCOUNT, Double

HEADER = Header(
    id="aws.synthetic", title="Synthetic", kind="configuration", population="Every setting of the account there is.",
    provider="aws", per="boundary",
    calls=(
        Api("s3control.get_public_access_block", ("s3:GetAccountPublicAccessBlock",)),
        Api("s3.get_bucket_location", ("s3:GetBucketLocation",)),
    ),
)


def test_s3_and_s3_control(double: Double, provide: Provide) -> None:
    double.script({
        "s3control.get_public_access_block": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        "s3.get_bucket_location": {"LocationConstraint": "eu-west-1"},
    })
    client = provide().open(BOUNDARY, "", Witness(HEADER), Deadline.after(30))
    assert client.ask("s3control.get_public_access_block", AccountId=ACCOUNT) == {
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": True},
    }
    assert client.ask("s3.get_bucket_location", Bucket="logs") == {"LocationConstraint": "eu-west-1"}
    assert [call.params for call in double.called("s3.get_bucket_location")] == [{"Bucket": "logs"}]
