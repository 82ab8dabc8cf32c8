_inv() {
    local IFS=$'\n'
    COMPREPLY=($(COMPLETE=bash _INV_BREAKS="$COMP_WORDBREAKS" inv -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null))
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace
    fi
}
if [[ ${BASH_VERSINFO[0]} -gt 4 || (${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4) ]]; then
    complete -o nosort -F _inv inv
else
    complete -F _inv inv
fi
