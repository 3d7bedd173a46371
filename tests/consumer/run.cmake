# Installs BUILD below a folder of its own, checks what lies there, then configures, builds and runs this folder's
# project against that.
include(${CMAKE_CURRENT_LIST_DIR}/../../cmake/public_headers.cmake)
set(work ${BUILD}/consumer)
file(REMOVE_RECURSE ${work})

function(must)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "failed (${status}): ${ARGV}\n${output}")
  endif()
endfunction()

must(${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/prefix)
must(${PYTHON} ${CMAKE_CURRENT_LIST_DIR}/installed.py ${work}/prefix/include ${work}/prefix/${DOCDIR} ${COMPILER}
     ${CATENARY_PUBLIC_HEADERS})
must(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${work}/build -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${work}/prefix
     -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS})
must(${CMAKE_COMMAND} --build ${work}/build)
must(${work}/build/consumer ${work})
