"""The packaged frameworks, crosswalks and evidence requirements; `agent.mapping.load` reads them."""
