"""An MCP server with two tools, for the program beside it."""

import base64

from mcp.server.fastmcp import FastMCP, Image

server = FastMCP("weather")
DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


@server.tool()
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"It rains in {city}."


@server.tool()
def draw() -> Image:
    """A picture of the weather."""
    return Image(data=base64.b64decode(DOT), format="png")


server.run()
