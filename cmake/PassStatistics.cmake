# Makes the statistics in a file that mlir-tblgen wrote ours (dialects/Interfaces/PassStatistic.h):
#   cmake -D FILE=Passes.h.inc -P PassStatistics.cmake
file(READ ${FILE} text)
string(REPLACE "::mlir::Pass::Statistic " "::qopt::PassStatistic " text "${text}")
file(WRITE ${FILE} "${text}")
