complete --keep-order --exclusive --command inv --arguments "(COMPLETE=fish inv -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
