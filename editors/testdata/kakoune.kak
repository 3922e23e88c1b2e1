# Asks with :grep and visits the first result.
source %sh{ echo "$SNIPPET" }
hook global BufCloseFifo .* %{
  evaluate-commands -client client0 %{
    buffer *grep*
    execute-keys gg
    grep-jump
    nop %sh{ echo "at ${kak_buffile#$ROOT/}:$kak_cursor_line" >"$OUT" }
    kill!
  }
}
grep %sh{ echo "$QUESTION" }
