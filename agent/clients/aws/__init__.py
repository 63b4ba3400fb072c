"""AWS: the provider that the engine opens, and the client that a collector is given."""

from agent.clients.aws.client import Aws
from agent.clients.aws.provider import AwsProvider
from agent.clients.aws.scope import AwsScope

__all__ = ["Aws", "AwsProvider", "AwsScope"]
