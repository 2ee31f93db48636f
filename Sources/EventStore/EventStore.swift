import Crypto
import Logging
import SwiftProtobuf
