"""Firewalls: web ACLs and what stands behind none, Network Firewall, and the access lists of subnets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

ACL = "wafv2.get_web_acl"
ACL_LOGS = "wafv2.get_logging_configuration"
BEFORE = "wafv2.get_web_acl_for_resource"
BALANCERS = "elbv2.describe_load_balancers"
DISTRIBUTIONS = "cloudfront.list_distributions"
FIREWALL = "network-firewall.describe_firewall"
FIREWALL_LOGS = "network-firewall.describe_logging_configuration"
LEFT = {"WAFNonexistentItemException": "the web ACL was deleted while it was read"}
GONE = {"ResourceNotFoundException": "the firewall was deleted while it was read"}
LAST = (32767, 32768)
"""The numbers of the rules, for IPv4 and IPv6, that deny the rest."""
GLOBAL = "us-east-1"
"""Where CloudFront and its web ACLs are asked."""
HEADER = Header(
    id="aws.firewalls",
    title="Firewalls",
    kind="configuration",
    population="Every web ACL, network firewall and network ACL of the account in this region, and every application "
    "load balancer there that faces the internet; in us-east-1 also every CloudFront distribution and its web ACLs.",
    provider="aws",
    per="region",
    calls=(
        Api("wafv2.list_web_acls", ("wafv2:ListWebACLs",)),
        Api(ACL, ("wafv2:GetWebACL",), answers=LEFT),
        Api(ACL_LOGS, ("wafv2:GetLoggingConfiguration",),
            answers={"WAFNonexistentItemException": "the web ACL logs nothing"}),
        Api(BALANCERS, ("elasticloadbalancing:DescribeLoadBalancers",)),
        Api(BEFORE, ("wafv2:GetWebACLForResource",),
            answers={"WAFNonexistentItemException": "the load balancer was deleted while it was read"}),
        Api(DISTRIBUTIONS, ("cloudfront:ListDistributions",)),
        Api("network-firewall.list_firewalls", ("network-firewall:ListFirewalls",)),
        Api(FIREWALL, ("network-firewall:DescribeFirewall",), answers=GONE),
        Api(FIREWALL_LOGS, ("network-firewall:DescribeLoggingConfiguration",), answers=GONE),
        Api("ec2.describe_network_acls", ("ec2:DescribeNetworkAcls",)),
    ),
    cadence="P1D",
    limits=(
        "Security groups, and ports that they open to the world, are in aws.network_segmentation.",
        "`blocks` says that a web ACL can turn a request away, not that its rules are the right ones.",
        "A network load balancer can have no web ACL; web ACLs of the older WAF Classic are not read.",
        "API gateways, AppSync and user pools are not judged; neither are Shield and Firewall Manager.",
    ),
)
TURNS_AWAY = ("Block", "Captcha", "Challenge")


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield the settings of each access list, of what should stand behind one, and of each firewall."""
    yield from _web_acls(run, "REGIONAL")
    yield from _balancers(run)
    if run.region == GLOBAL:
        yield from _web_acls(run, "CLOUDFRONT")
        for one in run.client.population(DISTRIBUTIONS, key="DistributionList.Items"):
            yield Record(setting(one["ARN"], "web_acl", one.get("WebACLId") or None), one)
    yield from _firewalls(run)
    for one in run.client.population("ec2.describe_network_acls", key="NetworkAcls", MaxResults=1000):
        yield from _access_list(run, one)


def _balancers(run: Run[Aws]) -> Iterator[Record]:
    def before(one: dict[str, Any]) -> dict[str, Any] | None:
        if one.get("Type") != "application" or one.get("Scheme") != "internet-facing":
            return None
        return run.client.ask(BEFORE, ResourceArn=one["LoadBalancerArn"])

    for one, answer in run.client.each(run.client.population(BALANCERS, key="LoadBalancers", PageSize=400), before):
        if answer is None:
            run.skip("no application load balancer that faces the internet, or deleted while it was read")
            continue
        acl = (answer.get("WebACL") or {}).get("ARN")
        raw = [{"operation": BALANCERS, "item": one}, {"operation": BEFORE, "item": acl}]
        yield Record(setting(one["LoadBalancerArn"], "web_acl", acl), raw)


def _web_acls(run: Run[Aws], scope: str) -> Iterator[Record]:
    client = run.client

    def about(one: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        told = client.ask(ACL, Name=one["Name"], Scope=scope, Id=one["Id"])
        return told, client.ask(ACL_LOGS, ResourceArn=one["ARN"])

    listed = client.population("wafv2.list_web_acls", key="WebACLs", Scope=scope, Limit=100)
    for one, (told, logs) in client.each(listed, about):
        if told is None:
            run.skip("deleted while it was read")
            continue
        said = told["WebACL"]
        raw = [{"operation": ACL, "item": said}, {"operation": ACL_LOGS, "item": logs}]
        yield Record(setting(one["ARN"], "blocks", _blocks(said)), raw)
        yield Record(setting(one["ARN"], "logging", logs is not None), raw)


def _blocks(acl: dict[str, Any]) -> bool:
    """Return whether the list turns requests away; a group of rules does, unless all of it is set to count."""
    parts = ("PreProcessFirewallManagerRuleGroups", "Rules", "PostProcessFirewallManagerRuleGroups")
    rules = [rule for part in parts for rule in acl.get(part) or ()]
    acts = [acl.get("DefaultAction") or {}, *(rule.get("Action") or {} for rule in rules)]
    return any(one in act for act in acts for one in TURNS_AWAY) or any(
        "None" in (rule.get("OverrideAction") or {}) for rule in rules
    )


def _firewalls(run: Run[Aws]) -> Iterator[Record]:
    client = run.client

    def about(one: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        place = one["FirewallArn"]
        return client.ask(FIREWALL, FirewallArn=place), client.ask(FIREWALL_LOGS, FirewallArn=place)

    for one, (told, logs) in client.each(
        client.population("network-firewall.list_firewalls", key="Firewalls", MaxResults=100), about,
    ):
        if told is None or logs is None:
            run.skip("deleted while it was read")
            continue
        firewall = told.get("Firewall") or {}
        raw = [{"operation": FIREWALL, "item": told}, {"operation": FIREWALL_LOGS, "item": logs}]
        settings = {
            "vpc": firewall.get("VpcId"),
            "status": (told.get("FirewallStatus") or {}).get("Status"),
            "delete_protection": firewall.get("DeleteProtection"),
            "logging": bool((logs.get("LoggingConfiguration") or {}).get("LogDestinationConfigs")),
        }
        for name, value in settings.items():
            yield Record(setting(one["FirewallArn"], name, value), raw)


def _access_list(run: Run[Aws], item: dict[str, Any]) -> Iterator[Record]:
    """Yield what a network ACL lets in; the last rule, which denies the rest, is in none of them."""
    place = arn(run, "ec2", f"network-acl/{item['NetworkAclId']}", account=item.get("OwnerId"))
    inward = [one for one in item.get("Entries") or () if not one.get("Egress")]
    everything = [one for one in inward if one.get("RuleAction") == "allow" and one.get("Protocol") == "-1"
                  and (one.get("CidrBlock") == "0.0.0.0/0" or one.get("Ipv6CidrBlock") == "::/0")]
    settings = {
        "vpc": item.get("VpcId"),
        "default_list": item.get("IsDefault"),
        "allows_everything_in": bool(everything),
        "denies": sum(one.get("RuleAction") == "deny" and one.get("RuleNumber") not in LAST for one in inward),
    }
    for name, value in settings.items():
        yield Record(setting(place, name, value), item)
