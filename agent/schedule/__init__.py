"""When: APScheduler ticks the planner, which derives what is due from the store."""

from agent.schedule.serve import Duties, Service, serve

__all__ = ["Duties", "Service", "serve"]
