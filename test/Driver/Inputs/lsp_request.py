"""Speaks just enough LSP to have a server check one document, and prints its diagnostics."""
import json
import subprocess
import sys

TEXT = """func.func @main(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %y = nn.max_pool2d %x {kernel = array<i64: 9, 9>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %y : tensor<1x2x4x4xf32>
}
"""


def frame(message):
    body = json.dumps({"jsonrpc": "2.0", **message})
    return f"Content-Length: {len(body)}\r\n\r\n{body}"


uri = "test:///net.mlir"
messages = [
    {"id": 0, "method": "initialize", "params": {
        "processId": None, "rootUri": None, "capabilities": {}, "trace": "off"}},
    {"method": "textDocument/didOpen", "params": {"textDocument": {
        "uri": uri, "languageId": "mlir", "version": 1, "text": TEXT}}},
    {"id": 1, "method": "shutdown", "params": None},
    {"method": "exit", "params": None},
]
answer = subprocess.run([sys.argv[1]], input="".join(map(frame, messages)), text=True,
                        capture_output=True, timeout=60, check=False).stdout
print(*[line for line in answer.split("Content-Length") if "publishDiagnostics" in line])
