# Completes deploy.py in zsh; made by `deploy.py completion zsh`.
_deploy_py() {
    local program=@PROGRAM@ kind value help
    local -a plain described
    [[ $words[1] == */* && -f $words[1] ]] && program=$words[1]
    while IFS= read -r kind && IFS= read -r value && IFS= read -r help; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain) if [[ $help == _ ]]; then plain+=("$value"); else described+=("$value:$help"); fi ;;
        esac
    done < <(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) _DEPLOY_PY_COMPLETE=zsh_complete \
        @PYTHON@ "$program" 2>/dev/null)
    (( $#described )) && _describe -V deploy.py described
    (( $#plain )) && compadd -V deploy.py -- $plain
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _deploy_py @NAMES@
