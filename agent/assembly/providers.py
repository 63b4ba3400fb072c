"""From a scope of the configuration to the client of its provider, imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

from agent.clients.microsoft.application import Application
from agent.config import AwsScope
from agent.config.scopes import AzureScope, EntraScope, GcpScope, MicrosoftScope, Scope
from agent.errors import ConfigurationError
from agent.run import Provider


def provider(scope: Scope) -> Callable[[], Provider]:
    """Return what makes the provider's client; it raises `ConfigurationError` where there is none yet."""
    return lambda: make(scope)


def make(scope: Scope) -> Provider:
    """Return the client of a scope."""
    if isinstance(scope, AwsScope):
        return _aws(scope)
    if isinstance(scope, EntraScope):
        return _entra(scope)
    if isinstance(scope, GcpScope):
        return _gcp(scope)
    if isinstance(scope, AzureScope):
        return _azure(scope)
    raise ConfigurationError(
        f"provider {scope.provider} cannot be collected from yet",
        advice="Take the scope out, or put its evidence in with annexa evidence add",
    )


def _aws(scope: AwsScope) -> Provider:
    try:
        from agent.clients.aws.provider import AwsProvider
        from agent.clients.aws.scope import AwsScope as Values
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the AWS client is not installed ({error.name})",
            advice="Install annexa with the extra aws: pip install 'annexa[aws]'",
        ) from error
    members = scope.organization
    return AwsProvider(Values(
        name=scope.name, role_arn=scope.role_arn or "", external_id=scope.external_id or "",
        profile=scope.profile or "", regions=scope.regions, endpoint=scope.endpoint or "",
        account_id=scope.account_id or "", organization=members is not None,
        member_role=members.member_role if members else "annexa",
        accounts=members.accounts if members else (), exclude=members.exclude if members else (),
    ))


def _entra(scope: EntraScope) -> Provider:
    try:
        from agent.clients.entra.provider import EntraProvider
        from agent.clients.entra.scope import EntraScope as Values
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the client of Microsoft Graph is not installed ({error.name})",
            advice="Install annexa with the extra entra: pip install 'annexa[entra]'",
        ) from error
    return EntraProvider(
        Values(name=scope.name, tenant=scope.tenant, cloud=scope.cloud, endpoint=scope.endpoint or "",
               application=_application(scope))
    )


def _gcp(scope: GcpScope) -> Provider:
    try:
        from agent.clients.gcp.provider import GcpProvider
        from agent.clients.gcp.scope import AssetExport, DataAccess
        from agent.clients.gcp.scope import GcpScope as Values
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the Google Cloud client is not installed ({error.name})",
            advice="Install annexa with the extra gcp: pip install 'annexa[gcp]'",
        ) from error
    read, export = scope.data_access, scope.asset_export
    return GcpProvider(Values(
        name=scope.name, parent=scope.parent, impersonate=scope.impersonate or "",
        quota_project=scope.quota_project or "", exclude=scope.exclude, endpoint=scope.endpoint or "",
        data_access=DataAccess(services=read.services, writes_only=read.writes_only) if read else DataAccess(),
        asset_export=AssetExport(bucket=export.bucket, prefix=export.prefix, compare=export.compare)
        if export else None,
    ))


def _azure(scope: AzureScope) -> Provider:
    try:
        from agent.clients.azure.provider import AzureProvider
        from agent.clients.azure.scope import AzureScope as Values
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the Azure client is not installed ({error.name})",
            advice="Install annexa with the extra azure: pip install 'annexa[azure]'",
        ) from error
    return AzureProvider(Values(
        name=scope.name, subscriptions=tuple(one.lower() for one in scope.subscriptions),
        management_group=scope.management_group or "", tenant=scope.tenant or "", cloud=scope.cloud,
        endpoint=scope.endpoint or "", application=_application(scope),
    ))


def _application(scope: MicrosoftScope) -> Application:
    secret = scope.client_secret
    certificate = str(scope.certificate) if scope.certificate is not None else ""
    if secret is None:
        return Application(client_id=scope.client_id or "", certificate=certificate)
    return Application(client_id=scope.client_id or "", secret=secret.reveal, certificate=certificate)
