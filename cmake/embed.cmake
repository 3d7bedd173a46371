# The style and the script of derivations in HTML, kept as files that editors and linters understand, become a source
# of catenary_derive. An edit makes the next build configure itself again.
set(folder ${PROJECT_SOURCE_DIR}/catenary/derive/page)
foreach(asset page.css page_drawing.css page_document.css page.js)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${asset})
  file(READ ${folder}/${asset} ${asset})
endforeach()
configure_file(${CMAKE_CURRENT_LIST_DIR}/page_assets.cc.in ${PROJECT_BINARY_DIR}/page_assets.cc @ONLY)
target_sources(catenary_derive PRIVATE ${PROJECT_BINARY_DIR}/page_assets.cc)
