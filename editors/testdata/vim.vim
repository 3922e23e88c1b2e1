" Asks with :grep and visits the first result.
source $SNIPPET
execute "silent grep! '" .. $QUESTION .. "'"
cfirst
call writefile(['at ' .. bufname() .. ':' .. line('.')], $OUT)
qall!
