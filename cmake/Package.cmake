# What is installed, and the Debian package that `cpack` makes of it.
include(GNUInstallDirs)
set(CMAKE_INSTALL_DOCDIR ${CMAKE_INSTALL_DATAROOTDIR}/doc/waypost)

install(TARGETS waypost RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES config/waypost.toml DESTINATION /etc/waypost)
install(FILES config/waypost.service DESTINATION /lib/systemd/system)
install(FILES README.md CHANGELOG.md NOTICE packaging/debian/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES data/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME gazetteer.md)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs FILES_MATCHING PATTERN "*.md")
install(DIRECTORY config/grafana config/prometheus DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/waypost)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME waypost)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Waypost authors <waypost@waypost.dev>")
set(CPACK_PACKAGE_HOMEPAGE_URL https://waypost.dev)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "geocoding lookups and durable jobs over HTTP")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"One binary that answers geocoding lookups at once, on Google's wire format and
as GeoJSON, and takes jobs by post: durable before they are acknowledged, told
of by signed webhooks. The gazetteer is built in, the store is SQLite.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "passwd, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_SOURCE_DIR}/packaging/debian/postinst ${CMAKE_SOURCE_DIR}/packaging/debian/prerm
  ${CMAKE_SOURCE_DIR}/packaging/debian/postrm ${CMAKE_SOURCE_DIR}/packaging/debian/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)
# /etc and /lib lie outside the prefix.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
# cpack packs what is built, and builds no tests for it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
include(CPack)
