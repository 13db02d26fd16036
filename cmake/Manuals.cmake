# The manual page and the completions, made by the program itself, and where they are installed.
include(GNUInstallDirs)
set(manuals ${CMAKE_BINARY_DIR}/share)
set(man_page ${manuals}/waypost.1)
set(bash_completion ${manuals}/waypost)
set(zsh_completion ${manuals}/_waypost)
set(fish_completion ${manuals}/waypost.fish)
add_custom_command(OUTPUT ${man_page} ${bash_completion} ${zsh_completion} ${fish_completion}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${manuals}
  COMMAND waypost help --man > ${man_page}
  COMMAND waypost completion bash > ${bash_completion}
  COMMAND waypost completion zsh > ${zsh_completion}
  COMMAND waypost completion fish > ${fish_completion}
  DEPENDS waypost VERBATIM)
add_custom_target(manuals ALL DEPENDS ${man_page} ${bash_completion} ${zsh_completion} ${fish_completion})

install(FILES ${man_page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${bash_completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${zsh_completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${fish_completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
