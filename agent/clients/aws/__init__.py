"""AWS: the words of the client; the SDK comes in with `agent.clients.aws.provider`."""

from agent.clients.aws.api import Aws
from agent.clients.aws.scope import AwsScope

__all__ = ["Aws", "AwsScope"]
